from collections.abc import Callable

import pytest
import torch

from glsmed.benchmarks.speed.bench import Bench, SpeedSettings


def test_a_ratio_is_the_median_of_pairs_in_turning_order(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SpeedSettings(architecture="resnet10", image_size_px=32, batch_size=2, steps=1, repeats=3)
    bench = Bench(settings, torch.device("cpu"))
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
