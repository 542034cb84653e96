"""``glsmed-benchmark device``: what this machine's GPU does in a round."""

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


def device(
    out: Annotated[Path, typer.Option(help="File that a line of JSON is added to for each figure, as it comes.")],
    on: DeviceOption = "auto",
    architecture: ArchitectureOption = "resnet18",
    image_size: ImageSizeOption = 224,
    batch_size: BatchSizeOption = 32,
    steps: MeasuredStepsOption = 40,
    repeats: Annotated[int, typer.Option(min=1, help="Measurements of a figure.")] = 3,
    compiled: Annotated[bool, typer.Option(help="Measure compiled steps too.")] = True,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="speed: rounds beside a plain loop; parts: augmentation, prediction, memory formats; load: memory and "
            "busy share; private: private rounds; copies: a model from and to the device. Repeatable; all if none."
        ),
    ] = None,
) -> None:
    """Images per second, busy share and memory of a device in a round, as lines of JSON.

    **Example**: `glsmed-benchmark device --architecture resnet50 --batch-size 128 --out runs/gpu.jsonl`
    """
    from glsmed.benchmarks.speed.bench import Bench, SpeedSettings
    from glsmed.benchmarks.speed.device_speed import KINDS, figures_of, measured
    from glsmed.client.training.devices import resolve_device

    settings = SpeedSettings(architecture, image_size, batch_size, steps, repeats, compiled)
    bench = Bench(settings, resolve_device(on))
    figures = figures_of(kind or KINDS, settings)
    with out.open("a", encoding="utf-8") as lines:
        for figure in measured(figures, bench):
            text = json.dumps(figure)
            typer.echo(text)
            lines.write(text + "\n")
            lines.flush()
