import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from glsmed.benchmarks.commands.device import device
from glsmed.benchmarks.speed import device_speed
from glsmed.benchmarks.speed.bench import Bench, SpeedSettings


def test_a_line_is_added_for_each_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(kinds: Sequence[str], settings: SpeedSettings) -> dict[str, Callable[[Bench], object]]:
        return {"size": lambda bench: len(bench.examples), kinds[-1]: lambda _: settings.steps}

    monkeypatch.setattr(device_speed, "figures_of", figures)
    out = tmp_path / "gpu.jsonl"
    device(out, on="cpu", architecture="resnet10", image_size=32, batch_size=2, steps=3)
    device(out, on="cpu", architecture="resnet18", image_size=32, batch_size=2, steps=3, kind=["load", "speed"])
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["architecture"], line["figure"], line["value"]) for line in lines] == [
        ("resnet10", "size", 6),
        ("resnet10", "copies", 3),
        ("resnet18", "size", 6),
        ("resnet18", "speed", 3),
    ]
