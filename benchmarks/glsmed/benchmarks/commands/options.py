"""Options that several commands of the benchmarks have."""

from pathlib import Path
from typing import Annotated

import typer

PixelsOption = Annotated[
    str, typer.Option(help="drawn, pneumoniamnist (under $GLSMED_DATA), or a folder of images with gold.csv.")
]
ScenarioOption = Annotated[str, typer.Option(help="How doubt and error arise; docs/dataset.md lists them.")]
PatientsOption = Annotated[int, typer.Option(min=1, help="Patients of each hospital.")]
StudiesOption = Annotated[int, typer.Option(min=30, help="Examinations of each hospital.")]
GoldPatientsOption = Annotated[int, typer.Option(min=0, help="Training patients of each hospital with gold.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Another number draws other patients.")]
MethodOption = Annotated[list[str] | None, typer.Option(help="Method, may be repeated; all unless told.")]
StepsOption = Annotated[int, typer.Option(min=1, help="Gradient steps of each hospital in a round.")]
JobsOption = Annotated[int, typer.Option(min=1, help="Trainings at a time, each with one thread.")]
RunsOption = Annotated[Path, typer.Option(help="Folder for the runs; a stopped comparison goes on.")]

# of measurements of speed
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
ArchitectureOption = Annotated[str, typer.Option(help="resnet10, resnet18, resnet50 or densenet121.")]
ImageSizeOption = Annotated[int, typer.Option(min=32, help="Side of the images in pixels.")]
BatchSizeOption = Annotated[int, typer.Option(min=1, help="Images in a step.")]
MeasuredStepsOption = Annotated[int, typer.Option(min=1, help="Steps of one measurement.")]
