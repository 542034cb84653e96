from glsmed.benchmarks.federation.built_federation import RunSettings
from glsmed.benchmarks.strategies.comparison import Row
from glsmed.benchmarks.strategies.fine_tuning_table import fine_tuning_markdown
from glsmed.benchmarks.strategies.runs import Plan
from glsmed.benchmarks.tables.paired_bootstrap import Interval

MEANS = {"auroc": 0.8, "brier": 0.1, "log_loss": 0.4}


def _row(log_loss: tuple[float, float, float], auroc: tuple[float, float, float]) -> Row:
    return Row(MEANS, 0.7, {"log_loss": Interval(*log_loss), "auroc": Interval(*auroc)}, {}, None)


def test_a_switch_is_on_only_where_it_is_clear_of_the_plain_study() -> None:
    rows = {
        "mean": Row(MEANS, 0.7, {}, {}, None),
        "pretrained": _row((-0.1, -0.2, -0.05), (0.1, 0.05, 0.15)),
        "cosine": _row((-0.02, -0.03, -0.01), (0.0, -0.01, 0.01)),
        "frozen-1": _row((-0.02, -0.05, 0.01), (0.0, -0.01, 0.01)),
        "average-0.9": _row((-0.02, -0.03, -0.01), (-0.05, -0.08, -0.02)),
    }
    plan = Plan("drawn", "case-dependent", 60, tuple(rows), 3, RunSettings())
    text = fine_tuning_markdown(plan, rows)
    verdicts = {line.split("`")[1]: "on:" in line for line in text.splitlines() if line.startswith("* ")}
    assert verdicts == {"cosine": True, "frozen-1": False, "average-0.9": False}
    assert "60 examinations at each hospital, 3 seeds" in text
