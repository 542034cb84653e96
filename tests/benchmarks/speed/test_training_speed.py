import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glsmed.benchmarks.commands.training import training_command
from glsmed.benchmarks.speed.training_speed import SpeedSettings, _Bench

SMALL = SpeedSettings(architecture="resnet10", image_size_px=32, batch_size=2, steps=1, repeats=1, compiled=False)


def test_figures_are_written_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training_command(device="cpu", settings=SMALL, out=tmp_path / "speed.json")
    figures = json.loads((tmp_path / "speed.json").read_text())
    assert json.loads(capsys.readouterr().out) == figures
    for name in (
        "gls_step_over_bce_step",
        "client_images_per_second_over_plain_loop",
        "second_epoch_data_wait_share",
        "private_images_per_second_over_plain",
        "private_all_images_per_second_over_plain",
    ):
        assert 0 < figures[name] < 20, name
    assert figures["device"] == "cpu, one thread"


def test_measuring_leaves_the_number_of_threads_as_it_was(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    training_command(device="cpu", settings=SMALL, out=tmp_path / "speed.json")
    assert torch.get_num_threads() == before


def test_a_ratio_is_the_median_of_pairs_in_turning_order(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SpeedSettings(architecture="resnet10", image_size_px=32, batch_size=2, steps=1, repeats=3)
    bench = _Bench(settings, torch.device("cpu"))
    order: list[str] = []
    seconds = {"first": 3.0, "second": 2.0}

    def work(name: str) -> str:
        order.append(name)
        return name

    def clock(run: Callable[[], object]) -> float:
        return seconds[str(run())]

    monkeypatch.setattr(bench, "seconds", clock)
    assert bench.ratio(lambda: work("first"), lambda: work("second")) == pytest.approx(1.5)
    assert order[2:] == ["first", "second", "second", "first", "first", "second"]
