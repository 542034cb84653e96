"""Paired differences between two methods with intervals: patients are drawn anew, and so are seeds."""

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


def weighted_false_alerts(probability: Values, truth: Values, counts: Values) -> Values:
    """``(B,)`` false alerts per 100 studies at the threshold that finds 90 % of the sample's positives."""
    order = np.argsort(-probability, kind="stable")
    labels, weights = truth[order], counts[:, order]
    found, alerts = np.cumsum(weights * labels, axis=1), np.cumsum(weights * (1 - labels), axis=1)
    reached = found >= _SENSITIVITY * found[:, -1:] - 1e-9
    place = np.argmax(reached, axis=1)
    return np.asarray(100 * alerts[np.arange(len(alerts)), place] / weights.sum(1))


METRICS: Mapping[str, Metric] = {
    "auroc": weighted_auroc,
    "brier": weighted_brier,
    "log_loss": weighted_log_loss,
    "false_alerts_90": weighted_false_alerts,
}


def paired_difference(
    first: Sequence[Values], second: Sequence[Values], truths: Sequence[Values], metric: Metric, *, draws: int = 400
) -> Interval:
    """First less second, the mean over seeds and findings.

    In each draw the seeds are drawn with replacement, and within each the patients, the same for both methods.

    Args:
        first: for each seed ``(N, K)`` probabilities.
        second: the same cases by the other method.
        truths: for each seed ``(N, K)`` in {0, 1}, NaN where a cell does not count.
        metric: one of :data:`METRICS`.
        draws: bootstrap samples.
    """
    rng = np.random.default_rng(0)
    samples = np.stack([_differences(*parts, metric, draws, rng) for parts in zip(first, second, truths, strict=True)])
    exact, drawn = samples[:, 0], samples[:, 1:]
    chosen = rng.integers(len(exact), size=(draws, len(exact)))
    means = np.nanmean(drawn[chosen, np.arange(draws)[:, None]], axis=1)
    low, high = np.nanpercentile(means, [2.5, 97.5])
    return Interval(float(np.nanmean(exact)), float(low), float(high))


def _differences(
    first: Values, second: Values, truth: Values, metric: Metric, draws: int, rng: np.random.Generator
) -> Values:
    """``(1 + draws,)``: the difference as it is, then in samples of the patients."""
    patients = len(truth)
    counts = np.concatenate(
        [np.ones((1, patients)), rng.multinomial(patients, np.full(patients, 1 / patients), size=draws)]
    )
    columns = []
    for column in range(truth.shape[1]):
        known = ~np.isnan(truth[:, column])
        if len(np.unique(truth[known, column])) == 2:  # both classes
            labels, weights = truth[known, column], counts[:, known]
            of_first = metric(first[known, column], labels, weights)
            columns.append(of_first - metric(second[known, column], labels, weights))
    return np.asarray(np.nanmean(np.stack(columns), axis=0))
