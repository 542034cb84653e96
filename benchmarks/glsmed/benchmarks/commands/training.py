"""``glsmed-benchmark training``: how fast the training core is."""

import json
from pathlib import Path
from typing import Annotated

import typer


def training(
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    architecture: Annotated[str, typer.Option(help="resnet10, resnet18, resnet50 or densenet121.")] = "resnet18",
    image_size: Annotated[int, typer.Option(min=32, help="Side of the images in pixels.")] = 64,
    batch_size: Annotated[int, typer.Option(min=1, help="Images in a step.")] = 16,
    steps: Annotated[int, typer.Option(min=1, help="Steps of one measurement.")] = 4,
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
