import json

import torch

from glsmed.benchmarks.speed.bench import SpeedSettings
from glsmed.benchmarks.speed.training_speed import measure_speed

SMALL = SpeedSettings(architecture="resnet10", image_size_px=32, batch_size=2, steps=1, repeats=1, compiled=False)


def test_figures_are_json_and_plausible() -> None:
    figures = json.loads(json.dumps(measure_speed(SMALL, torch.device("cpu"))))
    for name in (
        "gls_step_over_bce_step",
        "client_images_per_second_over_plain_loop",
        "predict_images_per_second_over_plain_loop",
        "second_epoch_data_wait_share",
        "private_images_per_second_over_plain",
        "private_all_images_per_second_over_plain",
    ):
        assert 0 < figures[name] < 20, name
    assert figures["device"] == "cpu, one thread"


def test_measuring_leaves_the_number_of_threads_as_it_was() -> None:
    before = torch.get_num_threads()
    measure_speed(SMALL, torch.device("cpu"))
    assert torch.get_num_threads() == before
