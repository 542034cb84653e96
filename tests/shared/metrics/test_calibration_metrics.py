import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.shared.metrics.calibration_metrics import brier_parts, calibration_slope_intercept


def _cells(n: int = 600) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    probability = torch.rand(n, generator=generator, dtype=torch.double)
    return probability, (torch.rand(n, generator=generator) < probability**2).double()


def test_brier_parts_by_hand() -> None:
    probability, truth = torch.tensor([0.2] * 5 + [0.8] * 5), torch.tensor([0.0] * 4 + [1.0] + [1.0] * 3 + [0.0] * 2)
    parts = brier_parts(probability, truth, bins=2)
    assert parts["brier_reliability"] == pytest.approx(0.5 * 0.0 + 0.5 * 0.04)
    assert parts["brier_resolution"] == pytest.approx(0.5 * 0.04 + 0.5 * 0.04)
    assert parts["brier_uncertainty"] == pytest.approx(0.24)
    brier = float(((probability - truth) ** 2).mean())
    assert brier == pytest.approx(0.02 - 0.04 + 0.24)


def test_slope_and_intercept_against_scikit_learn() -> None:
    probability, truth = _cells()
    logits = probability.logit()
    slope = LogisticRegression(C=np.inf, tol=1e-10).fit(logits[:, None].numpy(), truth.numpy()).coef_[0, 0]
    measured = calibration_slope_intercept(probability, truth)
    assert measured["calibration_slope"] == pytest.approx(float(slope), rel=1e-3)
    shifted = (logits + measured["calibration_intercept"]).sigmoid()
    assert float(shifted.mean()) == pytest.approx(float(truth.mean()))


def test_doubled_logits_halve_the_slope() -> None:
    probability, truth = _cells()
    once = calibration_slope_intercept(probability, truth)["calibration_slope"]
    twice = calibration_slope_intercept((probability.logit() * 2).sigmoid(), truth)["calibration_slope"]
    assert twice == pytest.approx(once / 2, rel=1e-3)
