"""``flwr-server sites``: who may join, who was withdrawn, and who takes part."""

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study

if TYPE_CHECKING:
    from glsmed.server.admission.site_list import SiteRow

_HEADS = ("site", "state", "online", "rounds", "admitted", "glsmed", "flwr", "key")


def sites_command(
    context: typer.Context,
    study: StudyOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """List every site, admitted or withdrawn: its key, when it was admitted and seen last, how often it counted.

    **Example**: `flwr-server --study my-study/study.yaml sites`
    """
    from glsmed.server.admission.site_list import list_sites  # heavy: --help need not wait for it
    from glsmed.server.folders.study_folder import StudyFolder

    rows = list_sites(StudyFolder(chosen_study(context, study)))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        typer.echo(_table(rows) if rows else "no site is admitted: flwr-server admit request.yaml")


def _table(rows: "list[SiteRow]") -> str:
    cells = [_HEADS, *(_cells(row) for row in rows if not row.problem)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([*lines, *(f"warning: {row.problem}" for row in rows if row.problem)])


def _cells(row: "SiteRow") -> tuple[str, ...]:
    state = f"withdrawn {row.withdrawn_at[:10]}" if row.withdrawn_at else row.state
    online = "now" if row.is_online else row.last_seen[:16] or "-"
    admitted = row.admitted_at[:10] or "-"
    return (row.site, state, online, str(row.rounds_counted), admitted, row.glsmed or "-", row.flwr or "-", row.key)
