"""What the trainings came to: means over seeds, and paired differences with intervals over patients and seeds."""

from collections.abc import Mapping, Sequence
from functools import cache, partial

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.benchmarks.real_data.plans import Arrays, RealJob, RealPlan
from glsmed.benchmarks.real_data.runs import RealRuns
from glsmed.benchmarks.tables.calibration_floor import calibration_floors
from glsmed.benchmarks.tables.paired_bootstrap import (
    METRICS,
    Interval,
    Metric,
    Values,
    bootstrap_samples,
    interval_of,
    weighted_false_alerts,
)
from glsmed.shared.metrics.decision_metrics import false_alerts_per_100, threshold_at_sensitivity
from glsmed.shared.metrics.finding_metrics import full_metrics
from glsmed.shared.metrics.macro import macro

ALL_CELLS, DOUBTED = "all", "doubted"
SENSITIVITIES = (0.95, 0.98)
COMPARED: Mapping[str, Metric] = {
    "auroc": METRICS["auroc"],
    "brier": METRICS["brier"],
    "log_loss": METRICS["log_loss"],
    "false_alerts_95": partial(weighted_false_alerts, sensitivity=SENSITIVITIES[0]),
    "false_alerts_98": partial(weighted_false_alerts, sensitivity=SENSITIVITIES[1]),
}
LEAST_OF_A_CLASS = 10  # cases of each class that a hospital needs to be measured by itself
_DRAWS = 400

Table = Mapping[str, Mapping[str, float]]


class Scores:
    """The tables of a plan whose trainings are done; each number is made once."""

    def __init__(self, plan: RealPlan, runs: RealRuns) -> None:
        self._plan = plan
        self._runs = runs
        self.seeds = range(plan.seeds)
        self._sampled = cache(self._sample)
        self._measured = cache(self._metrics)

    def jobs(self, method: str, gold: int, left_out: str = "", *, held_back: bool = False) -> list[RealJob]:
        """One a seed; none where the method was not trained with so much gold."""
        asked = [RealJob(method, gold, seed, left_out, held_back) for seed in self.seeds]
        return asked if all(map(self._runs.has, asked)) else []

    def means(self, gold: int, subset: str = ALL_CELLS) -> dict[str, dict[str, float]]:
        """By method: the mean over seeds of each metric, a mean over findings in itself."""
        rows = {}
        for method in self._plan.methods_at(gold):
            jobs = self.jobs(method, gold)
            if jobs:
                rows[method] = self.means_of(jobs, subset)
        return rows

    def means_of(self, jobs: Sequence[RealJob], subset: str = ALL_CELLS) -> dict[str, float]:
        """The mean over these trainings of each metric."""
        each = [self._measured(job, subset) for job in jobs]
        return {name: _mean([one[name] for one in each if name in one]) for name in each[0]}

    def worst_hospital(self, gold: int) -> dict[str, tuple[str, float]]:
        """By method: the hospital with the lowest AUROC, among those with enough of both classes, and that AUROC."""
        rows = {}
        for method in self._plan.methods_at(gold):
            by_site = self.by_hospital(self.jobs(method, gold))
            if by_site:
                worst = min(by_site, key=by_site.__getitem__)
                rows[method] = (worst, by_site[worst])
        return rows

    def by_hospital(self, jobs: Sequence[RealJob]) -> dict[str, float]:
        """AUROC within each hospital, the mean over the seeds that have enough of both classes there."""
        known: dict[str, list[float]] = {}
        for job in jobs:
            kept = self._runs.answers(job)
            for number, site in enumerate(kept["sites"].tolist()):
                rows = kept["site"] == number
                metrics = _macro(kept["probability"][rows], kept["truth"][rows])
                if "auroc" in metrics and _least_of_a_class(kept["truth"][rows]) >= LEAST_OF_A_CLASS:
                    known.setdefault(site, []).append(metrics["auroc"])
        return {site: _mean(values) for site, values in known.items()}

    def less(
        self, first: tuple[str, int], second: tuple[str, int], metric: str, subset: str = ALL_CELLS
    ) -> Interval | None:
        """The first method less the second, each with its gold; the same seeds, patients drawn alike."""
        return self.less_jobs(self.jobs(*first), self.jobs(*second), metric, subset)

    def less_jobs(
        self, first: Sequence[RealJob], second: Sequence[RealJob], metric: str, subset: str = ALL_CELLS
    ) -> Interval | None:
        """The same of trainings, seed by seed."""
        if not first or not second:
            return None
        return interval_of(*([self._sampled(job, metric, subset) for job in jobs] for jobs in (first, second)))

    def samples(self, method: str, gold: int, metric: str) -> Values | None:
        """``(seeds, 1 + draws)``: a metric as it is, then in samples of the patients."""
        jobs = self.jobs(method, gold)
        return np.stack([self._sampled(job, metric, ALL_CELLS) for job in jobs]) if jobs else None

    def labels_used(self, gold: int) -> float:
        """How many gold labels all hospitals together train with, at most ``gold`` each; the mean over seeds."""
        from glsmed.benchmarks.real_data.dataset_folder import read_dataset
        from glsmed.benchmarks.real_data.dealing import deal

        hospitals = read_dataset(self._plan.data, size_px=self._plan.size_px)
        return _mean([sum(min(gold, len(one.train)) for one in deal(hospitals, seed=seed)) for seed in self.seeds])

    def _sample(self, job: RealJob, metric: str, subset: str) -> Values:
        kept = self._runs.answers(job)
        return bootstrap_samples(
            kept["probability"].astype(float),
            np.where(_counted(kept, subset), kept["truth"].astype(float), np.nan),
            COMPARED[metric],
            groups=np.zeros(len(kept["truth"]), dtype=int),
            seed=job.seed,
            draws=_DRAWS,
            patients=kept["patient"].astype(int),
        )

    def _metrics(self, job: RealJob, subset: str) -> dict[str, float]:
        kept = self._runs.answers(job)
        truth, counted = kept["truth"].astype(float), _counted(kept, subset)
        metrics = _macro(kept["probability"], np.where(counted, truth, np.nan))
        floors = calibration_floors(kept["probability"].astype(float), counted & ~np.isnan(truth), seed=job.seed)
        return {**metrics, "ece_floor": floors["ece_floor"]}


def _counted(kept: Arrays, subset: str) -> NDArray[np.bool_]:
    """``(M, K)`` which cells a subset holds: all, the doubted ones, or those of a hospital."""
    if subset == DOUBTED:
        return kept["hedged"].astype(bool)
    everything = np.ones(kept["truth"].shape, dtype=bool)
    if subset == ALL_CELLS:
        return everything
    of_hospital = np.asarray(kept["sites"][kept["site"].astype(int)] == subset, dtype=bool)
    return np.asarray(everything & of_hospital[:, None])


def _macro(probability: NDArray[np.generic], truth: NDArray[np.generic]) -> dict[str, float]:
    """The mean over findings of every metric, with the false alerts and spared negatives at high sensitivity."""
    said, true = torch.from_numpy(probability.astype(float)), torch.from_numpy(truth.astype(float))
    result = {}
    for column in range(true.shape[1]):
        known = ~torch.isnan(true[:, column])
        if bool(known.any()):
            result[str(column)] = _one(said[known, column], true[known, column])
    return macro(result)


def _one(probability: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
    metrics = full_metrics(probability, truth)
    if "auroc" in metrics:
        negatives = 1 - float(truth.mean())
        for sensitivity in SENSITIVITIES:
            threshold = threshold_at_sensitivity(probability, truth, sensitivity)
            alerts, name = false_alerts_per_100(probability, truth, threshold), f"{round(100 * sensitivity)}"
            metrics |= {f"false_alerts_{name}": alerts, f"spared_{name}": 100 - alerts / negatives}
    return metrics


def _least_of_a_class(truth: NDArray[np.generic]) -> float:
    known = truth[~np.isnan(truth.astype(float))].astype(float)
    return float(min(known.sum(), len(known) - known.sum()))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
