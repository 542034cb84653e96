"""``glsmed-benchmark strategies``: what each way of learning together is worth at hospitals that differ."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import (
    GoldPatientsOption,
    JobsOption,
    PixelsOption,
    RunsOption,
    ScenarioOption,
    StepsOption,
    StudiesOption,
)


def strategies(
    out: RunsOption,
    pixels: PixelsOption = "drawn",
    scenario: ScenarioOption = "case-dependent",
    strategy: Annotated[
        list[str] | None, typer.Option(help="Of the catalogue; again for more. Without: all of them.")
    ] = None,
    studies: StudiesOption = 400,
    seeds: Annotated[int, typer.Option(min=1, help="Data sets and first weights.")] = 3,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds.")] = 20,
    steps: StepsOption = 30,
    gold: GoldPatientsOption = 100,
    device: Annotated[str, typer.Option(help="As in config.yaml: auto, cpu, cuda, cuda:1.")] = "cpu",
    architecture: Annotated[str, typer.Option(help="The network, as in study.yaml.")] = "resnet10_x0_25",
    jobs: JobsOption = 1,
) -> None:
    """Train every strategy of study.yaml, each hospital's own model and a pooled one; tables with intervals.

    Each hospital has its own scanner, prevalence, language and habits. Writes tables.md and summary.json; prints the
    table.

    **Example**: `glsmed-benchmark strategies --strategy mean --strategy local-norm --seeds 2 --out runs/strategies`
    """
    from glsmed.benchmarks.federation.built_federation import RunSettings
    from glsmed.benchmarks.strategies.catalogue import BASELINES, STRATEGIES
    from glsmed.benchmarks.strategies.comparison import Comparison, recommended, tables_markdown
    from glsmed.benchmarks.strategies.runs import Plan, Runs, run_plan
    from glsmed.shared.files.atomic import write_text

    names = tuple(dict.fromkeys((*(strategy or STRATEGIES), *BASELINES)))
    settings = RunSettings(rounds=rounds, steps_per_round=steps, gold=gold, device=device, architecture=architecture)
    plan = Plan(pixels, scenario, studies, names, seeds, settings)
    runs = Runs(out.resolve(), plan)
    run_plan(plan, runs, at_once=jobs, tell=lambda line: typer.echo(line, err=True))
    comparison = Comparison(plan, runs)
    rows = comparison.rows()
    chosen, why = recommended(rows)
    content = {
        "plan": asdict(plan),
        "strategies": {name: asdict(row) for name, row in rows.items()},
        "recommended": {"strategy": chosen, "why": why},
    }
    write_text(out / "summary.json", json.dumps(content, indent=1) + "\n")
    text = tables_markdown(plan, rows, comparison.sites)
    write_text(out / "tables.md", text)
    typer.echo(text)
