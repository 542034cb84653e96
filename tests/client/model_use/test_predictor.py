from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from glsmed.client.data.images import read_image
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.model_use.predictor import BATCH_SIZE, Predictor

CPU = torch.device("cpu")


@pytest.fixture
def images(hospital_data: Path) -> torch.Tensor:
    paths = sorted((hospital_data / "images").iterdir())[: BATCH_SIZE + 6]
    return torch.from_numpy(np.stack([read_image(path, size_px=32) for path in paths])).unsqueeze(1)


def test_probabilities_are_those_of_the_shipped_model_whatever_the_batches(
    shipped: ShippedModel, images: torch.Tensor
) -> None:
    expected = shipped.probabilities(images)
    with Predictor(shipped, device=CPU, sensitivity=0.9) as predictor:
        assert torch.allclose(predictor.scores(images).probabilities, expected, atol=1e-5)


def test_the_interval_holds_the_probability_and_an_alert_follows_the_operating_point(
    shipped: ShippedModel, images: torch.Tensor
) -> None:
    with Predictor(shipped, device=CPU, sensitivity=0.8) as predictor:
        scores = predictor.scores(images)
    assert shipped.intervals
    assert any(operation.points for operation in shipped.operation.values())
    for place, finding in enumerate(shipped.findings):
        if finding in shipped.intervals:
            assert bool((scores.low[:, place] <= scores.probabilities[:, place]).all())
            assert bool((scores.high[:, place] >= scores.probabilities[:, place]).all())
        point = shipped.operation[finding].at(0.8)
        if point is None:
            assert bool(torch.isnan(scores.alerts[:, place]).all())
        else:
            assert torch.equal(scores.alerts[:, place] == 1, scores.logits[:, place] >= point.logit)


def test_a_lower_sensitivity_raises_no_more_alerts(shipped: ShippedModel, images: torch.Tensor) -> None:
    counts = []
    for sensitivity in (0.5, 0.95):
        with Predictor(shipped, device=CPU, sensitivity=sensitivity) as predictor:
            counts.append(int(predictor.scores(images).alerts.nansum()))
    assert counts[0] < counts[1]


def test_a_model_of_an_earlier_release_gives_probabilities_alone(shipped: ShippedModel, images: torch.Tensor) -> None:
    early = replace(shipped, intervals={}, operation={}, familiarity=None)
    with Predictor(early, device=CPU, sensitivity=0.9) as predictor:
        scores = predictor.scores(images[:2])
    assert bool(torch.isnan(scores.low).all() and torch.isnan(scores.high).all() and torch.isnan(scores.alerts).all())
    assert scores.distances is None


def test_an_image_of_noise_is_farther_than_the_sites_own(shipped: ShippedModel, images: torch.Tensor) -> None:
    striped = torch.zeros(1, 1, 32, 32, dtype=torch.uint8)
    striped[..., ::2] = 255
    with Predictor(shipped, device=CPU, sensitivity=0.9) as predictor:
        own, other = predictor.scores(images).distances, predictor.scores(striped).distances
    assert own is not None
    assert other is not None
    assert float(other) > float(own.median())
