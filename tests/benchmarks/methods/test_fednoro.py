"""FedNoRo's parts, worked by hand."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings, fit
from glsmed.benchmarks.comparison.trial import Sizes, make_trial
from glsmed.benchmarks.methods.averaging import ByCases, SiteModel
from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.fednoro import (
    DistanceAware,
    FedNoRo,
    class_losses,
    divergence,
    model_distance,
    noisy_sites,
    teacher_weight,
)
from glsmed.benchmarks.methods.method import ExaminationBatch
from glsmed.benchmarks.simulator.hospital_data import ABSENT, PRESENT, simulate
from glsmed.benchmarks.simulator.scenarios import SCENARIOS
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures

LOGIT = math.log(4)  # probability 0.8


def _cells(labels: Sequence[float], site: list[int]) -> Cells:
    values = torch.tensor(labels, dtype=torch.float32)[:, None]
    state = torch.where(values > 0, PRESENT, ABSENT)
    zero = torch.zeros_like(values)
    return Cells(state, values, zero, values, zero, torch.full_like(values, math.nan), torch.tensor(site))


def _targets(labels: Sequence[float], weights: Sequence[float] | None = None) -> Targets:
    values = torch.tensor(labels, dtype=torch.float32)[:, None]
    return Targets(values, torch.ones_like(values) if weights is None else torch.tensor(weights)[:, None])


class _Brightness(nn.Module):
    """The brighter an image, the likelier the finding."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.scale * images.mean((1, 2, 3))[:, None]


def _batch(labels: Sequence[float], rows: list[int], progress: float) -> ExaminationBatch:
    values = torch.tensor(labels, dtype=torch.float32)[:, None]
    images, ones = torch.ones(len(labels), 1, 2, 2), torch.ones_like(values)
    return ExaminationBatch(
        images, torch.tensor(rows), values, ones, torch.full_like(values, 9.0), epoch=0, progress=progress
    )


def _begun(labels: Sequence[float], site: list[int]) -> FedNoRo:
    method = FedNoRo()
    method.prepare(_cells(labels, site), ("a", "b", "c"), lambda *_: torch.empty(0))
    method.begin(_targets(labels), _cells(labels, site))
    return method


def test_training_adds_each_sites_log_odds_and_no_offset() -> None:
    """Site a: one of four present, (1 + .5)/(4 + 1) = .3; b: two of four; c: all four, 4.5/5."""
    method = _begun([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1], [0] * 4 + [1] * 4 + [2] * 4)
    logits = method.logits(_Brightness(), _batch([1, 1, 1], [0, 4, 8], progress=0))
    expected = [1 + math.log(0.3 / 0.7), 1.0, 1 + math.log(0.9 / 0.1)]
    assert logits[:, 0].tolist() == pytest.approx(expected, abs=1e-6)


def test_class_losses_by_hand() -> None:
    losses = class_losses(
        torch.full((5, 1), LOGIT), _targets([1, 1, 0, 0, 1], [1, 1, 1, 0, 1]), torch.tensor([0, 0, 0, 1, 1])
    )
    assert losses[0] == pytest.approx([-math.log(0.2), -math.log(0.8)], rel=1e-5)
    assert losses[1, 1] == pytest.approx(-math.log(0.8), rel=1e-5)
    assert math.isnan(losses[1, 0])  # its only absent label is masked


def test_the_sites_with_high_losses_are_noisy() -> None:
    generator = np.random.default_rng(0)
    losses = np.concatenate([generator.normal(0.3, 0.03, (7, 4)), generator.normal(0.9, 0.03, (3, 4))])
    assert noisy_sites(losses) == {7, 8, 9}


def test_a_class_that_a_site_lacks_does_not_make_it_noisy() -> None:
    losses = np.array([[0.3, 0.3], [math.nan, 0.31], [0.9, 0.9], [0.31, 0.29], [0.32, 0.3]])
    assert noisy_sites(losses) == {2}


def test_three_sites_are_parted_however_alike_and_not_at_all_if_the_same() -> None:
    assert noisy_sites(np.array([[0.3000, 0.3], [0.3001, 0.3], [0.3002, 0.3]])) in ({2}, {1, 2})
    assert noisy_sites(np.full((3, 2), 0.3)) == frozenset()


@pytest.mark.parametrize(
    ("progress", "weight"), [(0.1, 0.8 * math.exp(-5)), (0.295, 0.8 * math.exp(-1.25)), (0.49, 0.8), (0.9, 0.8)]
)
def test_the_teacher_is_believed_gradually(progress: float, weight: float) -> None:
    assert teacher_weight(progress) == pytest.approx(weight)


def test_divergence_by_hand() -> None:
    taught, logits = torch.tensor([[0.5]]), torch.tensor([[LOGIT]])
    expected = 0.5 * math.log(0.5 / 0.8) + 0.5 * math.log(0.5 / 0.2)
    assert float(divergence(taught, logits)) == pytest.approx(expected, rel=1e-5)
    assert float(divergence(torch.tensor([[0.8]]), logits)) == pytest.approx(0, abs=1e-6)


def test_only_noisy_sites_learn_from_the_common_model() -> None:
    """Site c calls bright images absent and dark ones present; the common model's logit of a bright image is 1."""
    method = _begun([1, 0, 1, 0, 0, 1], [0, 0, 1, 1, 2, 2])
    images = torch.tensor([1.0, -1, 1, -1, 1, -1]).view(6, 1, 1, 1)
    method.begin_epoch([_Brightness()], replace(_batch([1, 0, 1, 0, 0, 1], list(range(6)), 0.05), images=images))
    assert isinstance(method.aggregation(), ByCases)
    assert method.notes == []
    method.begin_epoch([_Brightness()], replace(_batch([1, 0, 1, 0, 0, 1], list(range(6)), 0.6), images=images))
    assert method.notes == ["sites called noisy: c"]
    assert isinstance(method.aggregation(), DistanceAware)
    logits = torch.tensor([[LOGIT]])
    clean, noisy = (method.loss(logits, _batch([0], [row], progress=0.6)) for row in (1, 4))
    taught = 1 / (1 + math.exp(-1 / 0.8))
    against = taught * math.log(taught / 0.8) + (1 - taught) * math.log((1 - taught) / 0.2)
    assert float(clean) == pytest.approx(-math.log(0.2), rel=1e-5)
    assert float(noisy) == pytest.approx(0.8 * against + 0.2 * -math.log(0.2), rel=1e-5)


def _update(site: str, weight: int, first: float, second: float) -> SiteModel:
    model = {"w": np.array([first, 0.0], dtype=np.float32), "b": np.array([second], dtype=np.float32)}
    return SiteModel(site, weight, model)


def test_distance_aware_average_by_hand() -> None:
    """From the nearest clean site: c is 3 + 1 = 4 from b, d is 0 + 2 = 2 from a."""
    updates = [_update("a", 1, 0, 0), _update("b", 1, 1, 0), _update("c", 2, 4, 1), _update("d", 2, 0, 2)]
    assert model_distance(updates[2].model, updates[1].model) == pytest.approx(4)
    raw = np.array([1, 1, 2 * math.exp(-1), 2 * math.exp(-0.5)])
    rule = DistanceAware({"c", "d"})
    assert rule.weights(updates) == pytest.approx(raw / raw.sum())
    merged = rule.mean(updates)
    assert merged["w"] == pytest.approx([(raw[1] + 4 * raw[2]) / raw.sum(), 0])
    assert merged["b"].dtype == np.float32


def test_with_nobody_noisy_it_is_the_plain_average() -> None:
    updates = [_update("a", 1, 0, 0), _update("b", 3, 1, 8)]
    merged, plain = (rule.mean(updates) for rule in (DistanceAware(set()), ByCases()))
    assert merged["w"] == pytest.approx(plain["w"])
    assert merged["b"] == pytest.approx(plain["b"])


def test_a_whole_training_divides_the_sites_once() -> None:
    sizes = Sizes(train=40, validation=10, test=10, gold=10)
    hospitals = simulate(SyntheticPictures(28), SCENARIOS["case-dependent"], studies=sizes.studies, seed=0)
    trial = make_trial(hospitals, sizes, seed=0)
    settings = FitSettings(epochs=3)
    first = fit(FedNoRo(), trial, ARMS["gold-federated"], settings, seed=0)
    assert len(first.notes) == 1
    assert first.notes[0].startswith("sites called noisy: ")
    assert torch.equal(first.last, fit(FedNoRo(), trial, ARMS["gold-federated"], settings, seed=0).last)
    unlike = replace(settings, epochs=2)
    assert not torch.equal(first.last, fit(FedNoRo(), trial, ARMS["gold-federated"], unlike, seed=0).last)
