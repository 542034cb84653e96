"""From the runs of a comparison to its tables: means over seeds, and paired differences with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from glsmed.benchmarks.comparison.jobs import Job, Plan, jobs_of
from glsmed.benchmarks.comparison.paired_bootstrap import METRICS, Interval, Values, bootstrap_samples, interval_of
from glsmed.benchmarks.comparison.results import KINDS, Results
from glsmed.shared.decision_metrics import worst_site_gap

Table = Mapping[str, Mapping[str, float]]
SHOWN = (
    "auroc",
    "auprc",
    "brier",
    "log_loss",
    "ece",
    "ece_equal_mass",
    "calibration_slope",
    "calibration_intercept",
    "false_alerts_90",
    "false_alerts_95",
    "net_benefit",
)
WITHIN = "auroc_within"
COMPARED = (WITHIN, *METRICS)
_DRAWS = 200
_GAPS = {"auroc": True, "ece": False}  # metric, and whether higher is better


def means(plan: Plan, results: Results, *, world: str, arm: str, kind: str, subset: str) -> Table:
    """By method: the mean over seeds of each macro metric of a subset, and of the sites' own AUROC for all cells."""
    table = {}
    for method in plan.methods:
        jobs = jobs_done(plan, results, world, arm, method)
        values = [run["macro"] for job in jobs if "macro" in (run := results.content(job)[kind].get(subset, {}))]
        if values:
            table[method] = {name: _mean([one[name] for one in values if name in one]) for name in SHOWN}
        if values and subset == "all":
            within = [_mean(list(_by_site(results, job, kind, "auroc").values())) for job in jobs]
            table[method] = {WITHIN: _mean(within), **table[method]}
    return table


def worst_site_gaps(plan: Plan, results: Results, *, world: str, arm: str, kind: str) -> dict[str, dict[str, float]]:
    """By metric and method: how much worse the worst site is than the mean of the sites, the mean over seeds."""
    gaps: dict[str, dict[str, float]] = {metric: {} for metric in _GAPS}
    for metric, higher in _GAPS.items():
        for method in plan.methods:
            jobs = jobs_done(plan, results, world, arm, method)
            if jobs:
                each = [_by_site(results, job, kind, metric) for job in jobs]
                gaps[metric][method] = _mean([worst_site_gap(sites, higher_is_better=higher) for sites in each])
    return gaps


def _by_site(results: Results, job: Job, kind: str, metric: str) -> dict[str, float]:
    content, sites = results.content(job)[kind], results.test_set(job).sites
    return {site: content[site]["macro"][metric] for site in sites}


class Differences:
    """Paired differences between methods; each run is sampled once, however often it is asked for.

    Beside the metrics over all sites together there is ``auroc_within``: the mean of the sites' own AUROC, which does
    not depend on how the sites' base rates compare.
    """

    def __init__(self, plan: Plan, results: Results, *, draws: int = _DRAWS) -> None:
        self._plan = plan
        self._results = results
        self._draws = draws
        self._samples: dict[tuple[str, str, str, bool], Values] = {}

    def table(self, *, world: str, arm: str, kind: str, reference: str, hedged: bool) -> dict[str, dict[str, Interval]]:
        """By method and metric: the reference less the method, over the seeds that both have.

        Args:
            world: name of the world.
            arm: name of the arm.
            kind: which answers.
            reference: the method that the others are compared with.
            hedged: count only the cells whose report is in doubt.
        """
        mine = {job.seed: job for job in jobs_done(self._plan, self._results, world, arm, reference)}
        table = {}
        for method in self._plan.methods:
            theirs = {job.seed: job for job in jobs_done(self._plan, self._results, world, arm, method)}
            pairs = [(mine[seed], theirs[seed]) for seed in sorted(mine.keys() & theirs.keys())]
            if method != reference and pairs:
                table[method] = {name: self._interval(pairs, kind, name, hedged=hedged) for name in COMPARED}
        return table

    def between_arms(self, *, world: str, kind: str, method: str) -> dict[str, dict[str, Interval]]:
        """By arm and metric: the plan's first arm less the arm, of one method: what a part of the recipe is worth."""
        first, *others = self._plan.arms
        mine = {job.seed: job for job in jobs_done(self._plan, self._results, world, first, method)}
        table = {}
        for arm in others:
            theirs = {job.seed: job for job in jobs_done(self._plan, self._results, world, arm, method)}
            pairs = [(mine[seed], theirs[seed]) for seed in sorted(mine.keys() & theirs.keys())]
            if pairs:
                table[arm] = {name: self._interval(pairs, kind, name, hedged=False) for name in COMPARED}
        return table

    def _interval(self, pairs: Sequence[tuple[Job, Job]], kind: str, name: str, *, hedged: bool) -> Interval:
        first = [self._of(job, kind, name, hedged=hedged) for job, _ in pairs]
        second = [self._of(job, kind, name, hedged=hedged) for _, job in pairs]
        return interval_of(first, second)

    def _of(self, job: Job, kind: str, name: str, *, hedged: bool) -> Values:
        key = (job.name, kind, name, hedged)
        if key not in self._samples:
            test = self._results.test_set(job)
            self._samples[key] = bootstrap_samples(
                self._results.answers(job, kind),
                np.where(test.hedged, test.truth, np.nan) if hedged else test.truth,
                METRICS["auroc" if name == WITHIN else name],
                groups=test.site if name == WITHIN else np.zeros_like(test.site),
                seed=job.seed,
                draws=self._draws,
            )
        return self._samples[key]


def jobs_done(plan: Plan, results: Results, world: str, arm: str, method: str) -> list[Job]:
    """The jobs of a method that are done, seed by seed."""
    wanted = (world, arm, method)
    return [job for job in jobs_of(plan) if (job.world, job.arm, job.method) == wanted and results.has(job)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def summary_content(plan: Plan, results: Results, compared: Differences, *, reference: str) -> dict[str, object]:
    """Everything that the report shows, as JSON values."""
    content: dict[str, object] = {"plan": asdict(plan), "reference": reference}
    for world in plan.worlds:
        content[f"{world}/first_arm_less_arm"] = {
            kind: _as_json(compared.between_arms(world=world, kind=kind, method=reference)) for kind in KINDS
        }
        for arm in plan.arms:
            content[f"{world}/{arm}"] = {
                kind: _of_kind(plan, results, compared, world, arm, kind, reference) for kind in kinds_of(arm)
            }
    return content


def _of_kind(
    plan: Plan, results: Results, compared: Differences, world: str, arm: str, kind: str, reference: str
) -> dict[str, object]:
    tables = {
        name: compared.table(world=world, arm=arm, kind=kind, reference=reference, hedged=name == "hedged")
        for name in ("all", "hedged")
    }
    return {
        "all": means(plan, results, world=world, arm=arm, kind=kind, subset="all"),
        "hedged": means(plan, results, world=world, arm=arm, kind=kind, subset="hedged"),
        "worst_site_gap": worst_site_gaps(plan, results, world=world, arm=arm, kind=kind),
        "reference_less_method": {subset: _as_json(rows) for subset, rows in tables.items()},
    }


def _as_json(table: Mapping[str, Mapping[str, Interval]]) -> dict[str, dict[str, dict[str, float]]]:
    return {row: {name: asdict(each) for name, each in cells.items()} for row, cells in table.items()}


def kinds_of(arm: str) -> tuple[str, ...]:
    """Raw answers where there is no gold, raw and mapped ones where there is."""
    return ("last", "best") if arm.startswith("no-gold") else ("last", "last_mapped", "best_mapped")
