"""How well a site's gold labels pin down its output calibration: an interval around each probability.

The patients behind a finding's curve are drawn again, each with a random weight (Bayesian bootstrap: Rubin, Annals of
Statistics 1981), and the curve is fitted to each draw. The interval holds the middle 95 % of these curves. It covers
what few gold labels leave open about the curve. It does not cover what another training run would have said, images
unlike those of the site, or gold labels that are wrong.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import expit  # type: ignore[import-untyped]  # scipy ships no types
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch import Tensor

from glsmed.client.learning.output_calibration import (
    CLIP,
    LEAST_SLOPE,
    PLATT_PRIOR,
    CalibrationKind,
    effective_weights,
    is_isotonic,
    suffices,
)
from glsmed.shared.files.documents import StrictModel

LEVEL = 0.95
_DRAWS = 400
_PLACES = 41  # logits at which a band is kept
_BESIDE = 0.5  # of the span of the logits, that a band goes on at either end
_NEWTON_STEPS = 20
_SHAPE = 0.7  # of the weights; 1 covers 89 % where few labels meet a steep curve, as a simulation shows
_CONVERGED = 1e-6
_LARGEST_STEP = 2.0  # of slope and intercept: a longer one may overshoot
_VALUES_AT_ONCE = 4_000_000

Floats = NDArray[np.float64]
Row = tuple[float, float, float]


class FindingInterval(StrictModel):
    """The interval of one finding, by logit: rows of logit, low and high, joined by straight lines."""

    band: Annotated[tuple[tuple[float, float, float], ...], Field(description="logit, low, high; rising logits")]
    gold_cells: Annotated[int, Field(ge=0, description="gold labels that the curve was fitted on")]
    training_cells: Annotated[int, Field(ge=0, description="those of them that the model has learned from")] = 0

    def around(self, logits: Tensor, probabilities: Tensor) -> tuple[Tensor, Tensor]:
        """Low and high ``(n,)`` of logits ``(n,)``; the probabilities ``(n,)`` themselves lie within."""
        places, low, high = np.array(self.band).T
        at = logits.double().numpy()
        lowest = torch.from_numpy(np.interp(at, places, low)).float()
        highest = torch.from_numpy(np.interp(at, places, high)).float()
        return torch.minimum(lowest, probabilities), torch.maximum(highest, probabilities)


Intervals = Mapping[str, FindingInterval]


def fit_intervals(
    logits: Tensor,
    gold: Tensor,
    patients: Sequence[str],
    findings: Sequence[str],
    *,
    kind: CalibrationKind = "platt",
    learned_from: Tensor | None = None,
    weights: Tensor | None = None,
) -> dict[str, FindingInterval]:
    """The interval by finding, of those with enough gold for a curve; the same for the same input.

    Args:
        logits: ``(N, K)`` that the curves were fitted on, the site's offset included.
        gold: ``(N, K)`` in {0, 1}, NaN where unknown.
        patients: whose images the N are; images of one patient are drawn together.
        findings: the K names.
        kind: of the curves. A finding that keeps the model's own probability gets the interval of a Platt curve.
        learned_from: ``(N,)`` bool, whether the model has learned from the image; None for none.
        weights: ``(N, K)``, as of :func:`~glsmed.client.learning.output_calibration.fit_output_calibration`.
    """
    fitted = {}
    owners = np.unique(np.array(patients, dtype=object).astype(str), return_inverse=True)[1]
    seen = torch.zeros(len(gold), dtype=torch.bool) if learned_from is None else learned_from
    counting = gold if weights is None else torch.where(weights > 0, gold, torch.nan)
    for place in suffices(counting, kind="platt").nonzero().squeeze(1).tolist():
        known = ~torch.isnan(counting[:, place])
        if bool(torch.isfinite(logits[known, place]).all()):
            score, truth = logits[known, place].double().numpy(), gold[known, place].double().numpy()
            isotonic = is_isotonic(kind, cells=len(truth))
            weight = effective_weights(None if weights is None else weights[known, place].double())
            draws = _weights(owners[known.numpy()], 1.0 if weight is None else weight.numpy())
            band = tuple(_band(score, truth, draws, isotonic=isotonic))
            cells = {"gold_cells": len(truth), "training_cells": int(seen[known].sum())}
            fitted[findings[place]] = FindingInterval(band=band, **cells)
    return fitted


def _band(
    score: Floats, truth: Floats, weights: Sequence[Floats], *, isotonic: bool
) -> list[tuple[float, float, float]]:
    span = float(score.max() - score.min()) or 1.0
    places = np.linspace(score.min() - _BESIDE * span, score.max() + _BESIDE * span, _PLACES)
    draw = _isotonic_draws if isotonic else _platt_draws
    curves = np.concatenate([draw(score, truth, drawn, places) for drawn in weights])
    low, high = np.quantile(curves, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return list(zip(places.tolist(), low.tolist(), high.tolist(), strict=True))


def _weights(owners: NDArray[np.intp], of_label: float | Floats) -> list[Floats]:
    """Weights ``(draws, n)`` in parts that fit into memory: a draw per patient, with mean 1, times the label's own."""
    random = np.random.default_rng(0)
    _, patients = np.unique(owners, return_inverse=True)
    at_once = max(1, _VALUES_AT_ONCE // len(owners))
    parts = []
    for first in range(0, _DRAWS, at_once):
        size = (min(at_once, _DRAWS - first), int(patients.max()) + 1)
        drawn = random.gamma(_SHAPE, size=size)[:, patients]
        parts.append(drawn / drawn.mean(1, keepdims=True) * of_label)
    return parts


def _platt_draws(score: Floats, truth: Floats, weights: Floats, places: Floats) -> Floats:
    """``(draws, places)`` probabilities of slope and intercept fitted with the prior of the output calibration."""
    centre = _prior_draws(len(weights))
    slope, intercept = np.ones(len(weights)), np.zeros(len(weights))
    for _ in range(_NEWTON_STEPS):
        change = _newton_step(score, truth, weights, (slope, intercept), centre)
        slope, intercept = slope + change[0], intercept + change[1]
        if np.abs(change).max() < _CONVERGED:
            break
    slope = np.maximum(slope, LEAST_SLOPE)
    probabilities: Floats = expit(slope[:, None] * places + intercept[:, None])
    return probabilities


def _prior_draws(count: int) -> Floats:
    """``(2, draws)`` slopes and intercepts of the prior: a draw that keeps its centre would hide what it decides."""
    spread = 1 / np.sqrt(PLATT_PRIOR)[:, None]
    drawn: Floats = np.array([[1.0], [0.0]]) + spread * np.random.default_rng(1).standard_normal((2, count))
    return drawn


def _newton_step(score: Floats, truth: Floats, weights: Floats, line: tuple[Floats, Floats], centre: Floats) -> Floats:
    """``(2, draws)`` what to add to slope and intercept of each draw's line."""
    slope, intercept = line
    probability = expit(slope[:, None] * score + intercept[:, None])
    surplus, spread = weights * (probability - truth), weights * probability * (1 - probability)
    gradient = np.stack(
        [
            surplus @ score + PLATT_PRIOR[0] * (slope - centre[0]),
            surplus.sum(1) + PLATT_PRIOR[1] * (intercept - centre[1]),
        ]
    )
    first, mixed, last = spread @ score**2 + PLATT_PRIOR[0], spread @ score, spread.sum(1) + PLATT_PRIOR[1]
    determinant = first * last - mixed**2
    step = np.stack([mixed * gradient[1] - last * gradient[0], mixed * gradient[0] - first * gradient[1]]) / determinant
    length = np.abs(step).max(0)
    bounded: Floats = step * np.minimum(1, _LARGEST_STEP / np.maximum(length, 1e-12))
    return bounded


def _isotonic_draws(score: Floats, truth: Floats, weights: Floats, places: Floats) -> Floats:
    """``(draws, places)`` probabilities of isotonic curves."""
    curve = IsotonicRegression(y_min=CLIP, y_max=1 - CLIP, out_of_bounds="clip")
    return np.stack([curve.fit(score, truth, sample_weight=row).predict(places) for row in weights])
