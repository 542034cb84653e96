"""How many gold labels the doubt of reports saves: the curve of gold alone against that of reports and gold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.real_data.outcome.scores import Scores
from glsmed.benchmarks.real_data.plans import CEILING, RECIPE, RealPlan
from glsmed.benchmarks.tables.paired_bootstrap import mean_of_known

_NO_GOLD = "gls-lexicon"
Curve = dict[float, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Worth:
    """What reports without gold are worth.

    Attributes:
        labels: gold labels of all hospitals together with which gold alone is as good, with a 95 % interval; the end of
            the curve where it is never as good.
        reports: examinations whose reports were learned from.
    """

    labels: float
    low: float
    high: float
    reports: float

    def __str__(self) -> str:
        """In a sentence."""
        one = 100 / self.reports
        return (
            f"the doubt of {self.reports:.0f} reports is worth {self.labels:.0f} [{self.low:.0f}, {self.high:.0f}] "
            f"gold labels, that of 100 reports {one * self.labels:.0f} [{one * self.low:.0f}, {one * self.high:.0f}]"
        )


def curve(plan: RealPlan, scores: Scores, method: str, metric: str) -> Curve:
    """By gold labels of all hospitals together: the metric with its 95 % interval."""
    points: Curve = {}
    for gold in plan.amounts:
        samples = scores.samples(_named(method, gold), gold, metric)
        if samples is not None:
            drawn = _over_seeds(samples)
            low, high = np.nanpercentile(drawn[1:], [2.5, 97.5])
            points[scores.labels_used(gold)] = float(drawn[0]), float(low), float(high)
    return points


def worth(plan: RealPlan, scores: Scores, metric: str = "auroc") -> Worth | None:
    """Where gold alone meets reports without any gold; None where one of the two was not trained."""
    reports = scores.samples(_NO_GOLD, 0, metric)
    alone = {gold: scores.samples(CEILING, gold, metric) for gold in plan.amounts if gold}
    known = {scores.labels_used(gold): _over_seeds(each) for gold, each in alone.items() if each is not None}
    if reports is None or not known:
        return None
    labels, curves = np.array(list(known)), np.stack(list(known.values()))
    aim = _over_seeds(reports)
    met = np.array([_meeting(labels, curves[:, draw], aim[draw]) for draw in range(len(aim))])
    low, high = np.percentile(met[1:], [2.5, 97.5])
    return Worth(float(met[0]), float(low), float(high), float(labels[-1]))


def _named(method: str, gold: int) -> str:
    return _NO_GOLD if method == RECIPE and gold == 0 else method


def _over_seeds(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(1 + draws,)`` means over seeds, which are drawn anew as well."""
    draws = samples.shape[1] - 1
    chosen = np.random.default_rng(0).integers(len(samples), size=(draws, len(samples)))
    means = mean_of_known(samples[:, 1:][chosen, np.arange(draws)[:, None]].T)
    return np.concatenate([[np.nanmean(samples[:, 0])], means])


def _meeting(labels: NDArray[np.float64], values: NDArray[np.float64], aim: float) -> float:
    """At how many labels the curve first reaches the aim: between two points log(labels) is interpolated."""
    rising = np.maximum.accumulate(values)
    if aim <= rising[0]:
        return float(labels[0])
    return float(np.exp(np.interp(aim, rising, np.log(labels))))
