"""The arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

AdapterArgument = Annotated[str, typer.Argument(help="A built-in vocabulary (en_radiology, …) or an adapter file.")]
InOption = Annotated[Path, typer.Option("--in", help='Reports as JSON lines {"id", "text"}; - is standard input.')]
OutOption = Annotated[Path, typer.Option("--out", help="Where the answer goes; - is standard output.")]
ReportsOption = Annotated[Path, typer.Option(help='Reports as JSON lines {"id", "text"}; - is standard input.')]
GoldOption = Annotated[Path, typer.Option(help="Gold labels: study_id,finding,value; study_id is the report's id.")]
OptionalGoldOption = Annotated[Path | None, typer.Option("--gold", help="Gold labels: study_id,finding,value.")]
CalibrationOption = Annotated[Path | None, typer.Option(help="What the words mean at this site (from calibrate).")]
WorkersOption = Annotated[int, typer.Option(help="Number of processes that share the work.")]
