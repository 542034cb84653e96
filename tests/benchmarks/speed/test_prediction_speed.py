import torch

from glsmed.benchmarks.speed.bench import Bench, SpeedSettings
from glsmed.benchmarks.speed.prediction_speed import prediction_over_plain

SMALL = SpeedSettings(architecture="resnet10", image_size_px=32, batch_size=16, steps=2, repeats=3, compiled=False)


def test_intervals_alerts_and_distances_cost_little_beside_the_network() -> None:
    assert 0.6 < prediction_over_plain(Bench(SMALL, torch.device("cpu"))) < 1.6
