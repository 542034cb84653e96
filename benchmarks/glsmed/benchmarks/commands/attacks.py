"""``glsmed-benchmark attacks``: what a dishonest centre reads from a hospital, with and without each defence."""

import json
import logging
from pathlib import Path
from typing import Annotated, Literal

import typer


def attacks(
    out: Annotated[Path, typer.Option(help="Folder for the result.")],
    part: Annotated[Literal["labels"], typer.Option(help="Which attack: labels out of validation AUROCs.")] = "labels",
    bound: Annotated[
        list[float] | None, typer.Option(min=1, help="federation.max_round_change; again for more.")
    ] = None,
    studies: Annotated[int, typer.Option(min=30, help="Examinations of the hospital.")] = 700,
    rounds: Annotated[int, typer.Option(min=2, help="Rounds of the study.")] = 50,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps in a round.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the patients and the attacker.")] = 0,
) -> None:
    """Read labels of known images from the answers of one hospital, within each bound for all rounds of a study.

    Writes labels.md and labels.json; prints the table: share of labels that were read, beside always "absent".

    **Example**: `glsmed-benchmark attacks --part labels --rounds 50 --out runs/attacks`
    """
    import torch

    from glsmed.benchmarks.attacks.curve import curve_markdown, leakage, settings_of
    from glsmed.shared.files.atomic import write_text
    from glsmed.shared.processes.logs import configure_logging

    torch.set_num_threads(1)
    configure_logging(level=logging.CRITICAL)
    wanted = settings_of(bound or [1.0, 1.5, 3.0, 10.0])
    run = {"studies": studies, "rounds": rounds, "steps": steps, "seed": seed}
    points = list(leakage(out, wanted, tell=lambda line: typer.echo(line, err=True), **run))
    rows = [
        {
            "bound": one.setting.bound,
            "design": one.design,
            "drawn": one.setting.draws,
            "answers": one.answers,
            "refused": one.refused,
            "labels": one.read.labels,
            "accuracy": round(one.read.accuracy, 4),
            "absent": round(one.read.absent, 4),
        }
        for one in points
    ]
    write_text(out / f"{part}.json", json.dumps({**run, "points": rows}, indent=1) + "\n")
    table = curve_markdown(points)
    write_text(out / f"{part}.md", table)
    typer.echo(table)
