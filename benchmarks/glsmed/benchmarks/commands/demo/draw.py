"""``glsmed-demo draw``: the demo's hospitals as folders of images and reports, without a federation."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import PatientsOption, SeedOption


def draw(
    out: Annotated[Path, typer.Option(help="Folder to make; one folder per hospital in it.")],
    patients: PatientsOption = 500,
    seed: SeedOption = 1,
) -> None:
    """Only draw the hospitals: images, reports, manifest.csv and gold.csv of each; the same for the same seed.

    **Example**: `glsmed-demo draw --out my-data --patients 200`
    """
    from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
    from glsmed.benchmarks.reading_room.sites import write_site

    for hospital in HOSPITALS:
        write_site(out / hospital.name, hospital, patients=patients, seed=seed)
        typer.echo(f"{out / hospital.name}: manifest.csv and gold.csv for {hospital.adapter}")
