"""Paired differences between two methods with intervals: patients and seeds are resampled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Metric = Callable[[Values, Values, Values], Values]

_CLIP = 1e-7
_SENSITIVITY = 0.90


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean difference with its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def is_clear_of_zero(self) -> bool:
        """Whether 0 lies outside."""
        return self.low > 0 or self.high < 0


def weighted_auroc(probability: Values, truth: Values, counts: Values) -> Values:
    """``(B,)`` AUROC of B samples, each given by how often it holds each of the N cases, ``(B, N)``."""
    order = np.argsort(probability, kind="stable")
    ordered, labels, weights = probability[order], truth[order], counts[:, order]
    negatives = np.cumsum(weights * (1 - labels), axis=1)
    first = np.searchsorted(ordered, ordered, side="left")
    last = np.searchsorted(ordered, ordered, side="right") - 1
    padded = np.concatenate([np.zeros((len(weights), 1)), negatives], axis=1)
    below = (padded[:, first] + padded[:, last + 1]) / 2  # half of the ties
    positives = weights * labels
    pairs = positives.sum(1) * negatives[:, -1]
    return np.asarray((positives * below).sum(1) / np.where(pairs > 0, pairs, np.nan))


def weighted_brier(probability: Values, truth: Values, counts: Values) -> Values:
    """``(B,)`` Brier scores."""
    return np.asarray(counts @ (probability - truth) ** 2 / counts.sum(1))


def weighted_log_loss(probability: Values, truth: Values, counts: Values) -> Values:
    """``(B,)`` log-losses."""
    said = np.clip(np.where(truth > 0, probability, 1 - probability), _CLIP, 1)
    return np.asarray(-(counts @ np.log(said)) / counts.sum(1))


def weighted_false_alerts(
    probability: Values, truth: Values, counts: Values, *, sensitivity: float = _SENSITIVITY
) -> Values:
    """``(B,)`` false alerts per 100 examinations at the threshold that finds this share of the sample's positives."""
    order = np.argsort(-probability, kind="stable")
    labels, weights = truth[order], counts[:, order]
    found, alerts = np.cumsum(weights * labels, axis=1), np.cumsum(weights * (1 - labels), axis=1)
    reached = found >= sensitivity * found[:, -1:] - 1e-9
    place = np.argmax(reached, axis=1)
    return np.asarray(100 * alerts[np.arange(len(alerts)), place] / weights.sum(1))


METRICS: Mapping[str, Metric] = {
    "auroc": weighted_auroc,
    "brier": weighted_brier,
    "log_loss": weighted_log_loss,
    "false_alerts_90": weighted_false_alerts,
}


def bootstrap_samples(
    probability: Values,
    truth: Values,
    metric: Metric,
    *,
    groups: NDArray[np.integer],
    seed: int,
    draws: int,
    patients: NDArray[np.integer] | None = None,
) -> Values:
    """``(1 + draws,)``: the metric as it is, then in samples of the patients; the mean over groups and findings.

    Args:
        probability: ``(N, K)``.
        truth: ``(N, K)`` in {0, 1}, NaN where a cell does not count.
        metric: one of :data:`METRICS`.
        groups: ``(N,)`` numbers; the metric is taken within each group. All alike for one group.
        seed: the same seed draws the same patients, whatever the probabilities.
        draws: bootstrap samples.
        patients: ``(N,)`` number of each case's patient, from 0, whose cases are drawn together; None for a case each.
    """
    of_case = np.arange(len(truth)) if patients is None else patients
    number = int(of_case.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), size=draws)
    counts = np.concatenate([np.ones((1, len(truth))), drawn[:, of_case]])
    values = [
        metric(probability[rows, column], truth[rows, column], counts[:, rows])
        for column in range(truth.shape[1])
        for group in np.unique(groups)
        if len(np.unique(truth[rows := np.flatnonzero((groups == group) & ~np.isnan(truth[:, column])), column])) > 1
    ]
    return mean_of_known(np.stack(values))


def mean_of_known(values: Values) -> Values:
    """The mean over the first axis of what is not NaN; NaN where nothing is known."""
    known = ~np.isnan(values)
    counts = known.sum(0)
    return np.asarray(np.where(known, values, 0.0).sum(0) / np.where(counts > 0, counts, np.nan))


def interval_of(first: Sequence[Values], second: Sequence[Values]) -> Interval:
    """First less second, the mean over seeds, from the samples of each seed.

    In each draw the seeds are drawn with replacement, and within each the patients, the same for both methods.
    """
    samples = np.stack(first) - np.stack(second)
    exact, drawn = samples[:, 0], samples[:, 1:]
    draws = drawn.shape[1]
    chosen = np.random.default_rng(0).integers(len(exact), size=(draws, len(exact)))
    means = mean_of_known(drawn[chosen, np.arange(draws)[:, None]].T)
    low, high = np.nanpercentile(means, [2.5, 97.5])
    return Interval(float(np.nanmean(exact)), float(low), float(high))
