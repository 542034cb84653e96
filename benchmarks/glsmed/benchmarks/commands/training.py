"""``glsmed-benchmark training``: how fast the training core is."""

import json
from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import (
    ArchitectureOption,
    BatchSizeOption,
    DeviceOption,
    ImageSizeOption,
    MeasuredStepsOption,
)


def training(
    device: DeviceOption = "auto",
    architecture: ArchitectureOption = "resnet18",
    image_size: ImageSizeOption = 64,
    batch_size: BatchSizeOption = 16,
    steps: MeasuredStepsOption = 4,
    repeats: Annotated[int, typer.Option(min=1, help="Pairs of measurements.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file too.")] = None,
) -> None:
    """How fast training is against plain PyTorch on the same tensors, as JSON, from one run.

    **Example**: `glsmed-benchmark training --device cpu --out runs/training.json`
    """
    from glsmed.benchmarks.speed.bench import SpeedSettings
    from glsmed.benchmarks.speed.training_speed import measure_speed
    from glsmed.client.training.devices import resolve_device
    from glsmed.shared.files.atomic import write_text

    settings = SpeedSettings(architecture, image_size, batch_size, steps, repeats)
    text = json.dumps(measure_speed(settings, resolve_device(device)), indent=1) + "\n"
    typer.echo(text)
    if out is not None:
        write_text(out, text)
