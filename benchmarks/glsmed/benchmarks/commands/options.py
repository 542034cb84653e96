"""Options that several commands of the benchmarks have."""

from typing import Annotated

import typer

PixelsOption = Annotated[
    str, typer.Option(help="drawn, pneumoniamnist (under $GLSMED_DATA), or a folder of images with gold.csv.")
]
PatientsOption = Annotated[int, typer.Option(min=1, help="Patients of each hospital.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Another number draws other patients.")]
