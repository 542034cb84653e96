"""``flwr-server status``: how a study stands."""

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study

if TYPE_CHECKING:
    from glsmed.server.monitoring.study_status import StudyStatus

_WATCH_SECONDS = 1.0


def status_command(
    context: typer.Context,
    study: StudyOption = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, once a second, until Ctrl-C or the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; with --watch, one line a second.")] = False,
) -> None:
    """Say how the study stands: sites, round, what it waits for, time left. Reads files only, beside a running study.

    **Example**: `flwr-server --study my-study/study.yaml status --watch`
    """
    from glsmed.server.folders.study_folder import StudyFolder  # heavy: --help need not wait for it
    from glsmed.server.monitoring.study_status import study_status

    folder = StudyFolder(chosen_study(context, study))

    def look() -> "StudyStatus":
        return study_status(folder, now=datetime.now(UTC))

    if not watch:
        typer.echo(_json(look(), indent=2) if as_json else _text(look()))
    elif as_json:
        _follow(look, lambda status: typer.echo(_json(status)))
    elif sys.stdout.isatty():
        _redraw(look)
    else:
        _tell_changes(look)


def _redraw(look: "Callable[[], StudyStatus]") -> None:
    from rich.live import Live
    from rich.text import Text

    with Live(auto_refresh=False) as live:
        _follow(look, lambda status: live.update(Text(_text(status)), refresh=True))


def _tell_changes(look: "Callable[[], StudyStatus]") -> None:
    """Print one line whenever something has changed."""
    from glsmed.server.monitoring.status_lines import change_line

    last = ""

    def show(status: "StudyStatus") -> None:
        nonlocal last
        line = change_line(status)
        if line != last:
            typer.echo(f"{time.strftime('%H:%M:%S')} {line}")
        last = line

    _follow(look, show)


def _follow(look: "Callable[[], StudyStatus]", show: "Callable[[StudyStatus], object]") -> None:
    """Show the status once a second until the study has ended; Ctrl-C is the usual way to leave, and no error."""
    try:
        while True:
            status = look()
            show(status)
            if status.has_ended:
                return
            time.sleep(_WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def _text(status: "StudyStatus") -> str:
    from glsmed.server.monitoring.status_lines import status_lines

    return "\n".join(status_lines(status, now=datetime.now(UTC)))


def _json(status: "StudyStatus", *, indent: int | None = None) -> str:
    return json.dumps(dataclasses.asdict(status), ensure_ascii=False, indent=indent)
