"""``glsmed-benchmark federation``: what hospitals gain from training together, with the code that real ones run."""

import json
import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from glsmed.benchmarks.commands.options import GoldPatientsOption, StepsOption


def federation(
    data: Annotated[Path, typer.Option(help="Folder that `build` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the run; a stopped one goes on.")],
    rounds: Annotated[int, typer.Option(min=1, help="Rounds.")] = 10,
    steps: StepsOption = 60,
    gold: GoldPatientsOption = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, batches and augmentation.")] = 0,
    precision: Annotated[
        Literal["fp32", "bf16", "int8"], typer.Option(help="Bits of each weight between hospitals and centre.")
    ] = "fp32",
) -> None:
    """Let the hospitals of a built data set train together in one process, and each alone; results as JSON.

    The same round loop, checks, aggregation and hospital code as between real machines, without the network.

    **Example**: `glsmed-benchmark build --out my-data && glsmed-benchmark federation --data my-data --out runs/fed`
    """
    from glsmed.benchmarks.federation.built_federation import RunSettings, federate
    from glsmed.shared.files.atomic import write_text
    from glsmed.shared.processes.logs import configure_logging

    configure_logging(level=logging.WARNING)
    out.mkdir(parents=True, exist_ok=True)
    settings = RunSettings(rounds=rounds, steps_per_round=steps, gold=gold, seed=seed, precision=precision)
    results = federate(data.resolve(), out.resolve(), settings, report=lambda line: typer.echo(line, err=True))
    text = json.dumps({"rounds": rounds, "seed": seed, "precision": precision, "sites": results}, indent=1)
    write_text(out / "summary.json", text + "\n")
    typer.echo(text)
