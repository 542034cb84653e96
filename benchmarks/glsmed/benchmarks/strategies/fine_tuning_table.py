"""What the switches of fine-tuning are worth, in a table, and which of them are to be on."""

from collections.abc import Iterator, Mapping

from glsmed.benchmarks.strategies.catalogue import FINE_TUNING, PRETRAINED
from glsmed.benchmarks.strategies.comparison import Row, in_words, is_better, worth_table
from glsmed.benchmarks.strategies.runs import Plan


def fine_tuning_markdown(plan: Plan, rows: Mapping[str, Row]) -> str:
    """The table, then a line for each switch: an interval clear of 0 is bold."""
    lines = [f"# Fine-tuning: {in_words(plan)}", "", *worth_table(rows), "", *_verdicts(rows)]
    return "\n".join(lines) + "\n"


def _verdicts(rows: Mapping[str, Row]) -> Iterator[str]:
    for name, row in rows.items():
        if name in FINE_TUNING and FINE_TUNING[name].reference == PRETRAINED and row.less_reference:
            verdict = "on: clear of it in log-loss, not behind in AUROC" if is_better(row) else "off: nothing is shown"
            yield f"* `{name}` beside `{PRETRAINED}`: {verdict}."
