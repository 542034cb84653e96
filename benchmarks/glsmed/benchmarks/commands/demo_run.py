"""``glsmed-demo run``: the whole federation on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import PatientsOption, SeedOption


def run(
    out: Annotated[Path, typer.Option(help="Folder for everything; an earlier demo in it is replaced.")] = Path(
        "runs/demo"
    ),
    patients: PatientsOption = 500,
    seed: SeedOption = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the federation.")] = 5,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps at each hospital in a round.")] = 60,
) -> None:
    """Three hospitals (English, Japanese, Spanish reports) train together; ends with a table and report.html.

    **Example**: `glsmed-demo run --out runs/demo`
    """
    from glsmed.benchmarks.demo.demo import run_demo
    from glsmed.benchmarks.demo.settings import DemoSettings

    settings = DemoSettings(patients=patients, seed=seed, rounds=rounds, steps_per_round=steps)
    run_demo(out, settings=settings, tell=typer.echo)
