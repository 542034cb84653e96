"""``glsmed-benchmark labelling``: how many labels drawn hospitals need, chosen for worth and at random."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import ScenarioOption


def labelling(
    out: Annotated[Path, typer.Option(help="Folder for the table and the numbers.")],
    scenario: ScenarioOption = "case-dependent",
    seeds: Annotated[int, typer.Option(min=2, help="Drawn hospitals of each kind.")] = 12,
    labels: Annotated[int, typer.Option(min=100, help="Random labels to compare with, a multiple of 50.")] = 400,
    rarer: Annotated[
        float, typer.Option(min=1, help="Divides the prevalences: 4 is nearer to an ordinary list.")
    ] = 1.0,
) -> None:
    """Count the labels that reach the hedged Brier score of random ones, at three drawn hospitals.

    Writes labelling.md and labelling.json; prints the table.

    **Example**: `glsmed-benchmark labelling --out runs/labelling`
    """
    from glsmed.benchmarks.labelling.savings import Plan, measure_savings
    from glsmed.benchmarks.labelling.savings_table import savings_markdown
    from glsmed.benchmarks.simulator.scenarios import scenario_named
    from glsmed.shared.files.atomic import write_text

    plan = Plan(scenario_named(scenario), seeds, labels=labels - labels % 50, rarer=rarer)
    rows = measure_savings(plan, tell=lambda line: typer.echo(line, err=True))
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "labelling.json", json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    text = savings_markdown(plan, rows)
    write_text(out / "labelling.md", text)
    typer.echo(text)
