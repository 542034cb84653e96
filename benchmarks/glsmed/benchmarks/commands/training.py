"""``glsmed-benchmark training``: how fast the training core is."""

import json
from pathlib import Path

import typer

from glsmed.benchmarks.speed.training_speed import SpeedSettings, measure_speed
from glsmed.client.training.devices import resolve_device
from glsmed.shared.files.atomic import write_text


def training_command(*, device: str, settings: SpeedSettings, out: Path | None) -> None:
    """Measure, print the figures as JSON, and write them if asked."""
    text = json.dumps(measure_speed(settings, resolve_device(device)), indent=1) + "\n"
    typer.echo(text)
    if out is not None:
        write_text(out, text)
