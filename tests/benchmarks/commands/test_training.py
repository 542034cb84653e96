import json
from pathlib import Path

import pytest

from glsmed.benchmarks.commands.training import training
from glsmed.benchmarks.speed import training_speed
from glsmed.benchmarks.speed.bench import SpeedSettings


def test_figures_are_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(settings: SpeedSettings, device: object) -> dict[str, object]:
        return {"architecture": settings.architecture, "steps": settings.steps, "device": str(device)}

    monkeypatch.setattr(training_speed, "measure_speed", measure)
    training(device="cpu", architecture="resnet10", steps=7, out=tmp_path / "speed.json")
    figures = json.loads((tmp_path / "speed.json").read_text())
    assert figures == {"architecture": "resnet10", "steps": 7, "device": "cpu"}
    assert json.loads(capsys.readouterr().out) == figures
