"""``glsmed-benchmark build``: a data set of doubted reports with pictures and truth, for others to use."""

from pathlib import Path

import typer

from glsmed.benchmarks.simulator.hospital_data import UNCERTAIN, simulate
from glsmed.benchmarks.simulator.scenarios import world_named
from glsmed.benchmarks.simulator.sources import label_of, source_named
from glsmed.benchmarks.simulator.written import write_dataset


def build_command(out: Path, *, pixels: str, world: str, studies: int, seed: int) -> None:
    """Simulate the hospitals of a world and write them."""
    chosen = world_named(world)
    hospitals = simulate(source_named(pixels), chosen, studies=studies, seed=seed)
    write_dataset(out, hospitals, chosen, pixels=label_of(pixels), seed=seed)
    hedged = sum(int((hospital.state == UNCERTAIN).any(1).sum()) for hospital in hospitals)
    typer.echo(f"{out}: {len(hospitals)} hospitals, {studies} studies each, {hedged} reports with doubt")
