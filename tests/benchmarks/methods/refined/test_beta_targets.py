"""The Beta-binomial loss against scipy and against cross-entropy, and the two outputs of one network that share it."""

from dataclasses import replace

import pytest
import torch
from scipy.stats import betabinom  # type: ignore[import-untyped]  # scipy ships no types
from torch.nn import functional as F

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings, fit
from glsmed.benchmarks.comparison.trial import Sizes, make_trial
from glsmed.benchmarks.methods.catalogue import make_method
from glsmed.benchmarks.methods.refined.beta_targets import beta_binomial_loss
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.scenarios import SCENARIOS
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures

LOGITS = torch.tensor([[-40.0], [-3.0], [0.0], [2.0], [40.0]])


@pytest.mark.parametrize("gold", [0.0, 1.0])
def test_a_certain_target_has_the_loss_and_the_slope_of_cross_entropy(gold: float) -> None:
    logits = LOGITS.clone().requires_grad_()
    target = torch.full_like(LOGITS, gold)
    ours = beta_binomial_loss(logits, target, torch.zeros_like(target))
    usual = F.binary_cross_entropy_with_logits(LOGITS, target, reduction="none")
    assert torch.allclose(ours, usual, atol=1e-4)
    (slope,) = torch.autograd.grad(ours.sum(), logits)
    assert torch.allclose(slope, LOGITS.sigmoid() - gold, atol=1e-4)


@pytest.mark.parametrize(("cases", "present"), [(10, 3), (40, 38), (150, 60)])
def test_a_doubted_target_has_the_likelihood_of_so_many_cases(cases: int, present: int) -> None:
    share = present / cases
    mean = torch.full((2, 1), share)
    spread = (mean * (1 - mean) / (cases + 1)).sqrt()
    probability = torch.tensor([[0.2], [0.7]])
    low, high = beta_binomial_loss(probability.logit(), mean, spread).flatten().tolist()
    of_scipy = [float(betabinom.logpmf(present, cases, p, 1 - p)) for p in (0.2, 0.7)]
    assert high - low == pytest.approx((of_scipy[0] - of_scipy[1]) * (cases + 1) / (2 * cases), abs=1e-3)


def test_an_answer_that_differs_from_the_words_is_pulled_less_than_by_cross_entropy() -> None:
    logits = torch.tensor([[-4.0]], requires_grad=True)
    mean = torch.tensor([[0.7]])
    (slope,) = torch.autograd.grad(beta_binomial_loss(logits, mean, torch.tensor([[0.1]])).sum(), logits)
    usual = float(logits.detach().sigmoid() - mean)
    assert usual < float(slope) < 0


def test_the_answer_is_the_mean_of_the_two_outputs() -> None:
    method = make_method("gls-beta-ones")
    assert method.answer(torch.tensor([[1.0, 3.0, -2.0, 6.0]])).tolist() == [[2.0, 2.0]]


def test_it_trains_beside_the_others() -> None:
    sizes = Sizes(train=20, validation=10, test=10, gold=10)
    hospitals = simulate(SyntheticPictures(28), SCENARIOS["class-conditional"], studies=sizes.studies, seed=0)
    trial = make_trial(hospitals, sizes, seed=0)
    two, one = (
        fit(make_method(name), trial, replace(ARMS["gold"], output_calibration=False), FitSettings(epochs=1), seed=0)
        for name in ("gls-beta-ones", "gls-site-informed")
    )
    assert bool(torch.isfinite(two.last).all())
    assert two.last.shape == one.last.shape
