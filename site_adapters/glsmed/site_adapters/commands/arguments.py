"""The arguments and options that several commands take, and how they warn."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.errors import Fault

_REPORTS = 'Reports as JSON lines {"id", "text"}, or a manifest (CSV); - is standard input.'

AdapterArgument = Annotated[str, typer.Argument(help="A built-in vocabulary (en_radiology, …) or an adapter file.")]
InOption = Annotated[Path, typer.Option("--in", help=_REPORTS)]
OutOption = Annotated[Path, typer.Option("--out", help="Where the answer goes; - is standard output.")]
ReportsOption = Annotated[Path, typer.Option(help=_REPORTS)]
GoldOption = Annotated[Path, typer.Option(help="Gold labels: study_id,finding,value; study_id is the report's id.")]
OptionalGoldOption = Annotated[Path | None, typer.Option("--gold", help="Gold labels: study_id,finding,value.")]
CalibrationOption = Annotated[Path | None, typer.Option(help="What the words mean at this site (from calibrate).")]
WorkersOption = Annotated[int, typer.Option(help="Number of processes that share the work.")]


def warn(notes: Iterable[Fault]) -> None:
    """Write each note to standard error, as a warning."""
    for note in notes:
        typer.echo(f"warning: {note}", err=True)
