"""Logistic regression of one outcome on one number, by Newton's method; for calibration maps and their metrics."""

import torch
from torch import Tensor
from torch.nn import functional as F

_STEPS = 100
_CONVERGED = 1e-10
_HALVINGS = 30
_FLOOR = 1e-9  # keeps the curvature invertible where the outcome is separated perfectly


def fit_slope_intercept(
    score: Tensor, target: Tensor, *, precision: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    """Slope a and intercept b of ``sigmoid(a score + b)`` by maximum likelihood, or with a prior around (1, 0).

    Args:
        score: ``(n,)`` logits.
        target: ``(n,)`` in [0, 1].
        precision: of Gaussian priors on a - 1 and b; 0 is none.
    """
    design = torch.stack([score.double(), torch.ones_like(score, dtype=torch.double)], dim=1)
    centre = torch.tensor([1.0, 0.0], dtype=torch.double)
    values = _maximise(design, target.double(), centre, torch.tensor(precision, dtype=torch.double))
    return float(values[0]), float(values[1])


def fit_intercept(score: Tensor, target: Tensor) -> float:
    """Intercept b of ``sigmoid(score + b)`` by maximum likelihood."""
    fixed = torch.tensor([0.0, 1e12], dtype=torch.double)
    design = torch.stack([torch.ones_like(score, dtype=torch.double), score.double()], dim=1)
    centre = torch.tensor([0.0, 1.0], dtype=torch.double)
    return float(_maximise(design, target.double(), centre, fixed)[0])


def _maximise(design: Tensor, target: Tensor, centre: Tensor, precision: Tensor) -> Tensor:
    """The penalised maximum-likelihood coefficients ``(2,)``, by Newton steps that are halved until they help."""
    values, loss = centre, _loss(centre, design, target, centre, precision)
    for _ in range(_STEPS):
        probability = (design @ values).sigmoid()
        gradient = design.T @ (probability - target) + precision * (values - centre)
        curvature = design.T @ (design * (probability * (1 - probability))[:, None])
        step: Tensor = torch.linalg.solve(curvature + torch.diag(precision + _FLOOR), gradient)
        for _ in range(_HALVINGS):
            tried = _loss(values - step, design, target, centre, precision)
            if tried <= loss:
                break
            step = step / 2
        else:
            return values
        values, loss = values - step, tried
        if float(step.abs().max()) < _CONVERGED:
            return values
    return values


def _loss(values: Tensor, design: Tensor, target: Tensor, centre: Tensor, precision: Tensor) -> Tensor:
    logits = design @ values
    likelihood: Tensor = (F.softplus(logits) - target * logits).sum()
    penalty: Tensor = (precision * (values - centre).square()).sum() / 2
    return likelihood + penalty
