"""``glsmed-adapter bench``: what a changed adapter changes, and whether it is worse."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.site_adapters.commands.arguments import AdapterArgument, OptionalGoldOption, ReportsOption, warn

if TYPE_CHECKING:  # at run time they would cost every command the start of numpy
    from glsmed.site_adapters.calibration.comparison import Change, Comparison, Verdict
    from glsmed.site_adapters.inputs.gold_labels import Gold
    from glsmed.site_adapters.lint.lint_context import Subject
    from glsmed.site_adapters.reading.cells import Cell

_MOST_SHOWN = 200
_MOST_UNMATCHED = 20


def bench_command(
    adapter: AdapterArgument,
    *,
    against: Annotated[str, typer.Option(help="The adapter to compare with.")],
    reports: ReportsOption,
    gold: OptionalGoldOption = None,
) -> None:
    """What an adapter changes against another, cell by cell; exit code 1 if gold labels say that it is worse.

    **Example**: `glsmed-adapter bench st-mary.yaml --against en_radiology --reports r.jsonl --gold gold.csv`
    """
    from glsmed.site_adapters.calibration.comparison import compare
    from glsmed.site_adapters.inputs.gold_labels import read_gold_with_notes
    from glsmed.site_adapters.inputs.report_files import read_reports
    from glsmed.site_adapters.lint.file_rules import version_not_raised
    from glsmed.site_adapters.lint.lint_context import load_subject
    from glsmed.site_adapters.suggesting.unmatched import never_matched

    now, before = load_subject(adapter), load_subject(against)
    texts = read_reports(reports)
    both = {**before.adapter.findings, **now.adapter.findings}
    labels: Gold = {}
    if gold is not None:
        terms = {name: both[name].terms for name in sorted(both)}
        labels, _, notes, _ = read_gold_with_notes(
            gold, examinations=texts.keys(), findings=list(terms), terms=terms, among=str(reports)
        )
        warn(notes)
    _print_changes(compare(before.reader, now.reader, texts), labels)
    for one in never_matched(now, before, texts.values())[:_MOST_UNMATCHED]:
        near = f"the nearest wording is {one.nearest!r} ({one.times} times)" if one.nearest else "nor anything like it"
        typer.echo(f"never matched: {one.phrase!r} of {one.owner} stands in no report; {near}")
    for fault in version_not_raised(now, before):
        typer.echo(f"warning: {fault}", err=True)
    verdicts = _verdicts(before, now, texts, labels) if labels else []
    _print_verdicts(verdicts)
    if any(verdict.worse for verdict in verdicts):
        raise SystemExit(1)


def _verdicts(before: "Subject", now: "Subject", texts: Mapping[str, str], labels: "Gold") -> "Sequence[Verdict]":
    from glsmed.site_adapters.calibration.comparison import judge
    from glsmed.site_adapters.calibration.gold_cells import gold_cells

    return judge(gold_cells(before.reader, texts, labels), gold_cells(now.reader, texts, labels))


def _print_changes(comparison: "Comparison", gold: "Gold") -> None:
    for change in comparison.changes[:_MOST_SHOWN]:
        typer.echo(_line(change, gold.get((change.report_id, change.finding))))
    left = len(comparison.changes) - _MOST_SHOWN
    if left > 0:
        typer.echo(f"… and {left} more")
    typer.echo(
        f"{len(comparison.changes)} of {comparison.cells} mentioned findings in {comparison.reports} reports change"
    )


def _line(change: "Change", gold: int | None) -> str:
    label = "" if gold is None else f"   gold {gold}"
    return f"{change.report_id}: {change.finding}: {_shown(change.before)} → {_shown(change.after)}{label}"


def _shown(cell: "Cell | None") -> str:
    return "unmentioned" if cell is None else f"{cell.state} {cell.probability:.2f} ({cell.cue}, {cell.section})"


def _print_verdicts(verdicts: "Sequence[Verdict]") -> None:
    for verdict in verdicts:
        judgement = "WORSE, beyond noise" if verdict.worse else "no worse"
        typer.echo(f"{verdict.measure:9s} {verdict.before:.4f} → {verdict.after:.4f}   {judgement}")
