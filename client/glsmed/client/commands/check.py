"""``glsmed-client check``: could training start?"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from glsmed.client.site.preparation import SiteSummary
    from glsmed.client.site.readiness import CheckReport

CANNOT_START = 2


def check(context: typer.Context) -> None:
    """Check everything that training needs, offline; exit code 2 if training could not start.

    **Example**: `glsmed-client --site config.yaml check`
    """
    from glsmed.client.site.readiness import run_check

    report = run_check(context.obj)
    typer.echo(render(report))
    if report.faults:
        raise SystemExit(CANNOT_START)


def render(report: "CheckReport") -> str:
    """The report as text for a terminal."""
    blocks = [*report.lines]
    if report.summary is not None:
        blocks += _render_summary(report.summary)
    blocks += _render_list("warning", report.warnings)
    blocks += _render_list("fault", report.faults)
    blocks.append(
        f"{len(report.faults)} fault(s): training cannot start" if report.faults else "ready: training could start"
    )
    return "\n".join(blocks)


def _render_summary(summary: "SiteSummary") -> list[str]:
    from glsmed.client.data.splits import SPLITS

    splits = ", ".join(f"{name} {summary.split_patients[name]}" for name in SPLITS)
    lines = [
        f"{summary.images} images, {summary.examinations} examinations, {summary.patients} patients ({splits})",
        f"{summary.gold_cells} gold cells",
    ]
    if summary.states:
        lines.append(f"{'finding':<28}{'present':>10}{'uncertain':>11}{'absent':>9}{'unmentioned':>13}")
    for finding, states in summary.states.items():
        lines.append(
            f"{finding:<28}{states['present']:>10}{states['uncertain']:>11}{states['absent']:>9}{states['unmentioned']:>13}"
        )
    return lines


def _render_list(label: str, items: Iterable[str]) -> list[str]:
    return [f"{label}: {item}" for item in items]
