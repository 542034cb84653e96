import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.benchmarks.commands.device import device
from glsmed.benchmarks.speed import device_speed
from glsmed.benchmarks.speed.bench import Bench, SpeedSettings


def test_a_line_is_added_for_each_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(settings: SpeedSettings) -> dict[str, Callable[[Bench], object]]:
        return {"size": lambda bench: len(bench.examples), "steps": lambda _: settings.steps}

    monkeypatch.setattr(device_speed, "round_figures", figures)
    out = tmp_path / "gpu.jsonl"
    for architecture in ("resnet10", "resnet18"):
        device(out, on="cpu", architecture=architecture, image_size=32, batch_size=2, steps=3)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["architecture"], line["figure"], line["value"]) for line in lines] == [
        ("resnet10", "size", 6),
        ("resnet10", "steps", 3),
        ("resnet18", "size", 6),
        ("resnet18", "steps", 3),
    ]
