"""``glsmed-benchmark build``: a data set of doubted reports with pictures and truth, for others to use."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import PixelsOption


def build(
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    pixels: PixelsOption = "drawn",
    scenario: Annotated[
        str, typer.Option("--scenario", "--world", help="How doubt and error arise; docs/dataset.md lists them.")
    ] = "case-dependent",
    studies: Annotated[int, typer.Option(min=1, help="Examinations of each hospital.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Another number gives another data set.")] = 0,
) -> None:
    """Write simulated hospitals: images, reports, gold, and what was believed, said and read of every finding.

    **Example**: `glsmed-benchmark build --pixels drawn --scenario boilerplate --studies 200 --out my-data`
    """
    from glsmed.benchmarks.simulator.dataset_writer import write_dataset
    from glsmed.benchmarks.simulator.hospital_data import UNCERTAIN, simulate
    from glsmed.benchmarks.simulator.scenarios import scenario_named
    from glsmed.benchmarks.simulator.sources import label_of, source_named

    chosen = scenario_named(scenario)
    hospitals = simulate(source_named(pixels), chosen, studies=studies, seed=seed)
    write_dataset(out, hospitals, chosen, pixels=label_of(pixels), seed=seed)
    hedged = sum(int((hospital.state == UNCERTAIN).any(1).sum()) for hospital in hospitals)
    typer.echo(f"{out}: {len(hospitals)} hospitals, {studies} examinations each, {hedged} reports with doubt")
