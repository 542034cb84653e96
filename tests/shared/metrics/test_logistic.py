import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]  # scipy ships no types
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch import Tensor
from torch.nn import functional as F

from glsmed.shared.metrics.logistic import fit_intercept, fit_slope, fit_slope_intercept

SEPARATED = torch.tensor([-2.0, -1.0, 1.0, 2.0]), torch.tensor([0.0, 0.0, 1.0, 1.0])


def _cells(n: int = 400) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(n)
    score = torch.randn(n, generator=generator, dtype=torch.double) * 3
    return score, (torch.rand(n, generator=generator) < (0.4 * score - 1).sigmoid()).double()


def _gradient(score: Tensor, target: Tensor, values: tuple[float, float], precision: tuple[float, float]) -> Tensor:
    """Of the penalised likelihood, by automatic differentiation."""
    point = torch.tensor(values, dtype=torch.double, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(point[0] * score + point[1], target, reduction="sum")
    prior = torch.tensor(precision) * (point - torch.tensor([1.0, 0.0])) ** 2 / 2
    return torch.autograd.grad(loss + prior.sum(), point)[0]


def test_slope_and_intercept_are_those_of_scikit_learn() -> None:
    score, target = _cells()
    reference = LogisticRegression(C=np.inf, tol=1e-12).fit(score[:, None].numpy(), target.numpy())
    expected = float(reference.coef_[0, 0]), float(reference.intercept_[0])
    assert fit_slope_intercept(score, target) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("precision", [(0.0, 0.0), (0.5, 0.02)])
def test_soft_targets_and_priors_leave_no_gradient(precision: tuple[float, float]) -> None:
    score, target = _cells()
    soft = 0.8 * target + 0.1
    found = fit_slope_intercept(score, soft, precision=precision)
    assert float(_gradient(score, soft, found, precision).abs().max()) < 1e-6


def test_a_prior_makes_the_slope_of_separated_outcomes_finite() -> None:
    found = fit_slope_intercept(*SEPARATED, precision=(0.5, 0.02))
    assert found == pytest.approx((1.7896071861607192, 0.0), abs=1e-6)  # Newton's method by hand gives the same


def test_separated_outcomes_without_a_prior_have_a_large_slope() -> None:
    slope, intercept = fit_slope_intercept(*SEPARATED)
    assert slope > 10
    assert intercept == pytest.approx(0, abs=1e-6)


def test_slope_alone_is_the_best_temperature() -> None:
    score, target = _cells()
    found = minimize_scalar(
        lambda slope: float(F.binary_cross_entropy_with_logits(slope * score, target, reduction="sum")),
        bounds=(0.01, 5),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert fit_slope(score, target) == pytest.approx(float(found.x), abs=1e-6)


def test_slope_alone_of_separated_outcomes_is_held_by_its_prior() -> None:
    assert fit_slope(*SEPARATED, precision=0.5) == pytest.approx(1.7896071861607192, abs=1e-6)


def test_intercept_alone_makes_the_mean_right() -> None:
    score, target = _cells()
    shifted = (score + fit_intercept(score, target)).sigmoid()
    assert float(shifted.mean()) == pytest.approx(float(target.mean()))


def test_scores_far_from_zero_overflow_nothing() -> None:
    score, target = _cells()
    assert fit_slope_intercept(score * 300, target)[0] == pytest.approx(fit_slope_intercept(score, target)[0] / 300)


def test_logits_that_are_not_finite_have_no_slope() -> None:
    score, truth = torch.tensor([0.5, torch.inf, -1.0]), torch.tensor([1.0, 0.0, 0.0])
    assert all(math.isnan(value) for value in (*fit_slope_intercept(score, truth), fit_intercept(score, truth)))


def test_a_weight_counts_like_so_many_cases() -> None:
    score, target = _cells(60)
    times = torch.arange(60) % 4
    repeated = fit_slope_intercept(
        score.repeat_interleave(times), target.repeat_interleave(times), precision=(0.5, 0.02)
    )
    assert fit_slope_intercept(score, target, precision=(0.5, 0.02), weight=times.double()) == pytest.approx(repeated)
    slope = fit_slope(score.repeat_interleave(times), target.repeat_interleave(times))
    assert fit_slope(score, target, weight=times.double()) == pytest.approx(slope)
