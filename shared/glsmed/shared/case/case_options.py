"""Options of the ``case`` command, the same at a hospital and at the centre."""

from pathlib import Path
from typing import Annotated

import typer

CaseHtmlOption = Annotated[Path | None, typer.Option(help="Also write the whole case as a page to print.")]
CaseInitOption = Annotated[bool, typer.Option("--init", help="Write a commented prices.yaml to fill in, and end.")]
