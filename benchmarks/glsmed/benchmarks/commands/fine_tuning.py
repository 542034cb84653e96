"""``glsmed-benchmark fine-tuning``: what each switch of fine-tuning is worth to a study that starts from weights."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import (
    GoldPatientsOption,
    JobsOption,
    PixelsOption,
    RunsOption,
    StepsOption,
    StudiesOption,
)


def fine_tuning(
    out: RunsOption,
    pixels: PixelsOption = "drawn",
    studies: StudiesOption = 200,
    seeds: Annotated[int, typer.Option(min=1, help="Data sets, first weights and earlier studies.")] = 3,
    rounds: Annotated[int, typer.Option(min=4, help="Rounds.")] = 6,
    steps: StepsOption = 15,
    gold: GoldPatientsOption = 60,
    jobs: JobsOption = 1,
) -> None:
    """Train a small network from the weights of an earlier drawn study, with each switch of training.fine_tuning.

    The earlier study has other patients of drawn hospitals. Writes tables.md and summary.json; prints the table.

    **Example**: `glsmed-benchmark fine-tuning --pixels drawn --out runs/fine-tuning`
    """
    from glsmed.benchmarks.federation.built_federation import RunSettings
    from glsmed.benchmarks.strategies.catalogue import FINE_TUNING
    from glsmed.benchmarks.strategies.comparison import Comparison
    from glsmed.benchmarks.strategies.fine_tuning_table import fine_tuning_markdown
    from glsmed.benchmarks.strategies.runs import Plan, Runs, run_plan
    from glsmed.shared.files.atomic import write_text

    settings = RunSettings(rounds=rounds, steps_per_round=steps, gold=gold)
    plan = Plan(pixels, "case-dependent", studies, tuple(FINE_TUNING), seeds, settings)
    runs = Runs(out.resolve(), plan)
    run_plan(plan, runs, at_once=jobs, tell=lambda line: typer.echo(line, err=True))
    rows = Comparison(plan, runs).rows()
    content = {"plan": asdict(plan), "switches": {name: asdict(row) for name, row in rows.items()}}
    write_text(out / "summary.json", json.dumps(content, indent=1) + "\n")
    text = fine_tuning_markdown(plan, rows)
    write_text(out / "tables.md", text)
    typer.echo(text)
