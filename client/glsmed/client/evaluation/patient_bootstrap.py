"""Intervals of a site's own metrics: patients are drawn anew, so that images of one patient stay together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
_AT_ONCE = 4_000_000  # weights in memory: draws times images
_CLIP = 1e-7
_ENDS = (2.5, 97.5)

Floats = NDArray[np.float64]
WeightedMetric = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def bootstrap_intervals(
    probability: Floats, truth: Floats, patients: Sequence[str], *, seed: int = 0
) -> dict[str, Measured]:
    """AUROC, Brier score and log-loss of one finding with their 95 % percentile intervals over 1000 draws of patients.

    Draws in which one class is absent have no AUROC, and do not count for its interval.

    Args:
        probability: ``(N,)`` in [0, 1].
        truth: ``(N,)`` in {0, 1}; both must occur.
        patients: N patients.
        seed: of the draws.

    Raises:
        ValueError: there is one class only.
    """
    if not 0 < truth.sum() < len(truth):
        raise ValueError("expected examinations with and without the finding, got one kind only: no interval")
    names, places = np.unique(np.array(patients), return_inverse=True)
    draws = _drawn_values(probability, truth, places, len(names), np.random.default_rng(seed))
    once = np.ones((1, len(truth)))
    return {
        name: Measured(float(metric(probability, truth, once)[0]), *np.nanpercentile(draws[name], _ENDS).tolist())
        for name, metric in _METRICS.items()
    }


def _drawn_values(
    probability: Floats, truth: Floats, places: NDArray[np.intp], patients: int, rng: np.random.Generator
) -> dict[str, Floats]:
    """Each metric in every draw, ``(DRAWS,)``; as many draws at once as memory should hold."""
    values: dict[str, list[Floats]] = {name: [] for name in _METRICS}
    step = max(1, min(DRAWS, _AT_ONCE // max(len(truth), 1)))
    for start in range(0, DRAWS, step):
        times = rng.multinomial(patients, np.full(patients, 1 / patients), size=min(step, DRAWS - start))
        weights = times[:, places].astype(np.float64)
        for name, metric in _METRICS.items():
            values[name].append(metric(probability, truth, weights))
    return {name: np.concatenate(parts) for name, parts in values.items()}


def _auroc(probability: Floats, truth: Floats, weights: Floats) -> Floats:
    """``(R,)`` share of pairs in the right order, ties half, by the weights of each draw."""
    order = np.argsort(probability, kind="stable")
    said, true, weight = probability[order], truth[order], weights[:, order]
    starts = np.flatnonzero(np.concatenate([[True], said[1:] != said[:-1]]))
    positive = np.add.reduceat(weight * true, starts, axis=1)
    negative = np.add.reduceat(weight * (1 - true), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(1) * negative.sum(1)
    right = (positive * (below + negative / 2)).sum(1)
    return np.where(pairs > 0, right / np.maximum(pairs, 1), np.nan)


def _brier(probability: Floats, truth: Floats, weights: Floats) -> Floats:
    return np.asarray(weights @ (probability - truth) ** 2 / weights.sum(1))


def _log_loss(probability: Floats, truth: Floats, weights: Floats) -> Floats:
    said = probability.clip(_CLIP, 1 - _CLIP)
    losses = -(truth * np.log(said) + (1 - truth) * np.log(1 - said))
    return np.asarray(weights @ losses / weights.sum(1))


_METRICS: dict[str, WeightedMetric] = {"auroc": _auroc, "brier": _brier, "log_loss": _log_loss}
