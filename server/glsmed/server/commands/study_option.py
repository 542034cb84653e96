"""The ``--study`` option, which stands before a command or after it."""

from pathlib import Path
from typing import Annotated

import typer

StudyOption = Annotated[
    Path | None, typer.Option("--study", help="The study file.", show_default="study.yaml in this folder")
]


def chosen_study(context: typer.Context, study: Path | None) -> Path:
    """The study file given after the command, else the one before it, else ``study.yaml`` in this folder."""
    return study or context.obj or Path("study.yaml")
