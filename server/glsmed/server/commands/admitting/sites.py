"""``flwr-server sites``: who may join, who was withdrawn, and who takes part."""

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study

if TYPE_CHECKING:
    from glsmed.server.admission.site_list import SiteRow
    from glsmed.server.folders.study_folder import StudyFolder

_HEADS = ("site", "state", "online", "rounds", "admitted", "glsmed", "flwr", "key")


def sites_command(
    context: typer.Context,
    study: StudyOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    write_roster: Annotated[
        bool, typer.Option("--write-roster", help="Write roster.yaml, the keys of all admitted sites, for secure sums.")
    ] = False,
) -> None:
    """List every site, admitted or withdrawn: its key, when it was admitted and seen last, how often it counted.

    **Examples**

    - `flwr-server --study my-study/study.yaml sites`
    - `flwr-server --study my-study/study.yaml sites --write-roster` once all are admitted; every hospital approves it
    """
    from glsmed.server.admission.site_list import list_sites  # heavy: --help need not wait for it
    from glsmed.server.folders.study_folder import StudyFolder

    if write_roster:
        _write_roster(StudyFolder(chosen_study(context, study)))
        return
    rows = list_sites(StudyFolder(chosen_study(context, study)))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        typer.echo(_table(rows) if rows else "no site is admitted: flwr-server admit request.yaml")


def _write_roster(folder: "StudyFolder") -> None:
    from glsmed.server.admission.roster_file import write_roster

    roster = write_roster(folder.roster, sites=folder.sites, study=folder.study().study)
    typer.echo(f"wrote {folder.roster}: send it to every hospital")
    for site, key in roster.fingerprints().items():
        typer.echo(f"  {site}  {key}")
    typer.echo("hospitals compare these with each other by telephone, and approve the file in config.yaml")


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
