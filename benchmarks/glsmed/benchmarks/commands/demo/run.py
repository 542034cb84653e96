"""``glsmed-demo run``: the whole federation on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import PatientsOption, SeedOption
from glsmed.benchmarks.demo.settings import DemoSettings

_USUAL = DemoSettings()


def run(
    out: Annotated[Path, typer.Option(help="Folder for everything; an earlier demo in it is replaced.")] = Path(
        "runs/demo"
    ),
    patients: PatientsOption = _USUAL.patients,
    seed: SeedOption = _USUAL.seed,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the federation.")] = _USUAL.rounds,
    steps: Annotated[
        int, typer.Option(min=1, help="Gradient steps at each hospital in a round.")
    ] = _USUAL.steps_per_round,
    page: Annotated[
        bool, typer.Option("--page", help="Print the address of the centre's page, which a browser shows meanwhile.")
    ] = False,
) -> None:
    """Three hospitals (English, Japanese, Spanish reports) train together; ends with a table and report.html.

    **Example**: `glsmed-demo run --out runs/demo`
    """
    from glsmed.benchmarks.demo.demo import run_demo

    settings = DemoSettings(patients=patients, seed=seed, rounds=rounds, steps_per_round=steps)
    run_demo(out, settings=settings, tell=typer.echo, page=page)
