"""Logistic regression of one outcome on one number, soft outcomes and priors included; for calibration curves."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]  # scipy ships no types
from scipy.special import expit  # type: ignore[import-untyped]  # as above
from torch import Tensor

_GRADIENT = 1e-8  # norm at which the coefficients have converged

Floats = NDArray[np.float64]


def fit_slope_intercept(
    score: Tensor, target: Tensor, *, precision: tuple[float, float] = (0.0, 0.0), weight: Tensor | None = None
) -> tuple[float, float]:
    """Slope a and intercept b of ``sigmoid(a score + b)`` by maximum likelihood, or with a prior around (1, 0).

    Without a prior, a score that separates the outcomes has no finite slope: the slope is then a large number.

    Args:
        score: ``(n,)`` logits.
        target: ``(n,)`` in [0, 1].
        precision: of Gaussian priors on a - 1 and b; 0 is none.
        weight: ``(n,)`` how often each case counts; None for once.
    """
    logits = _floats(score)
    design = np.stack([logits, np.ones_like(logits)], axis=1)
    problem = _Problem(design, _floats(target), np.array(precision), weight=_weights(weight))
    slope, intercept = problem.solve(start=np.array([1.0, 0.0]))
    return float(slope), float(intercept)


def fit_slope(score: Tensor, target: Tensor, *, precision: float = 0.0, weight: Tensor | None = None) -> float:
    """Slope a of ``sigmoid(a score)`` by maximum likelihood, or with a Gaussian prior of this precision on a - 1.

    ``weight`` as of :func:`fit_slope_intercept`.
    """
    problem = _Problem(_floats(score)[:, None], _floats(target), np.array([precision]), weight=_weights(weight))
    return float(problem.solve(start=np.ones(1))[0])


def fit_intercept(score: Tensor, target: Tensor) -> float:
    """Intercept b of ``sigmoid(score + b)`` by maximum likelihood."""
    logits = _floats(score)
    problem = _Problem(np.ones((len(logits), 1)), _floats(target), np.zeros(1), offset=logits)
    return float(problem.solve(start=np.zeros(1))[0])


class _Problem:
    """Penalised negative log-likelihood of d coefficients, with its first and second derivatives; it is convex."""

    def __init__(
        self,
        design: Floats,
        target: Floats,
        precision: Floats,
        *,
        offset: float | Floats = 0.0,
        weight: float | Floats = 1.0,
    ) -> None:
        """``(n, d)``, ``(n,)`` in [0, 1], ``(d,)`` of a prior around the start, what is added to logits, weights."""
        self._design, self._target, self._precision, self._offset = design, target, precision, offset
        self._weight = weight

    def solve(self, *, start: Floats) -> Floats:
        """``(d,)`` the best coefficients, found by Newton steps within a region of trust.

        NaN where a logit is not finite.
        """
        if not np.isfinite(self._logits(start)).all():
            return np.full_like(start, np.nan)
        found = minimize(
            self._loss, start, (start,), method="trust-ncg", jac=self._gradient, hess=self._curvature, tol=_GRADIENT
        )
        best: Floats = found.x
        return best

    def _loss(self, values: Floats, centre: Floats) -> float:
        logits = self._logits(values)
        likelihood = (self._weight * (np.logaddexp(0, logits) - self._target * logits)).sum()
        return float(likelihood + (self._precision * (values - centre) ** 2).sum() / 2)

    def _gradient(self, values: Floats, centre: Floats) -> Floats:
        surplus: Floats = self._weight * (expit(self._logits(values)) - self._target)
        return self._design.T @ surplus + self._precision * (values - centre)

    def _curvature(self, values: Floats, _: Floats) -> Floats:
        probability: Floats = expit(self._logits(values))
        weight = self._weight * probability * (1 - probability)
        return self._design.T @ (self._design * weight[:, None]) + np.diag(self._precision)

    def _logits(self, values: Floats) -> Floats:
        return self._design @ values + self._offset


def _weights(weight: Tensor | None) -> float | Floats:
    return 1.0 if weight is None else _floats(weight)


def _floats(values: Tensor) -> Floats:
    return values.double().numpy()
