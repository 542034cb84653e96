"""``glsmed-client check``: could training start?"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.node.online_check import OnlineReport
    from glsmed.client.resident.preparation import SiteSummary
    from glsmed.client.resident.readiness import CheckReport

CANNOT_START = 2


def check(
    context: typer.Context,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Then try the way to the centre: name, proxy, connection, certificate, clock, releases, key. A client "
            "that takes part is not disturbed.",
        ),
    ] = False,
) -> None:
    """Check everything that training needs, offline unless told otherwise; exit code 2 if training could not start.

    It also writes check.html beside the label table: random images beside the words read from their reports, and
    everything suspicious. A person must look at it; it stays at the site.

    **Examples**

    - `glsmed-client --site config.yaml check`
    - `glsmed-client --site config.yaml check --online`
    """
    from glsmed.client.resident.readiness import run_check

    report = run_check(context.obj)
    way = _try_way(context.obj) if online else None
    typer.echo(render(report, way))
    if report.faults or (way is not None and way.faults):
        raise SystemExit(CANNOT_START)


def _try_way(config_file: Path) -> "OnlineReport | None":
    """The report on the way to the centre; None where config.yaml has faults, which are reported already."""
    from glsmed.client.node.online_check import check_online
    from glsmed.client.settings.config import load_site
    from glsmed.shared.errors import ConfigurationError

    try:
        config = load_site(config_file)
    except ConfigurationError:
        return None
    return check_online(config, config_file=config_file)


def render(report: "CheckReport", way: "OnlineReport | None" = None) -> str:
    """The report as text for a terminal, with that on the way to the centre where it was tried."""
    blocks = [*report.lines]
    if report.summary is not None:
        blocks += _render_summary(report.summary)
    blocks += [] if way is None else way.lines
    blocks += _render_list("warning", [*report.warnings, *([] if way is None else way.warnings)])
    if report.page is not None:
        blocks.append(f"look through {report.page}: random images beside their reports, and what is suspicious")
    faults = [*report.faults, *([] if way is None else way.faults)]
    blocks += _render_list("fault", faults)
    blocks.append(f"{len(faults)} fault(s): training cannot start" if faults else "ready: training could start")
    return "\n".join(blocks)


def _render_summary(summary: "SiteSummary") -> list[str]:
    from glsmed.client.data.splits import SPLITS

    splits = ", ".join(f"{name} {summary.split_patients[name]}" for name in SPLITS)
    images = f"{summary.images} images ({summary.unreadable_images} unreadable)"
    lines = [
        f"{images}, {summary.examinations} examinations, {summary.patients} patients ({splits})",
        f"{summary.gold_cells} gold cells",
    ]
    if summary.states:
        heads = f"{'present':>10}{'uncertain':>11}{'absent':>9}{'unmentioned':>13}{'not assessable':>16}"
        lines.append(f"{'finding':<28}{heads}")
    for finding, states in summary.states.items():
        said = f"{states['present']:>10}{states['uncertain']:>11}{states['absent']:>9}"
        lines.append(f"{finding:<28}{said}{states['unmentioned']:>13}{states['not assessable']:>16}")
    return lines


def _render_list(label: str, items: Iterable[str]) -> list[str]:
    return [f"{label}: {item}" for item in items]
