"""From the runs of a comparison to its tables: means over seeds, and paired differences with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from glsmed.benchmarks.comparison.jobs import Job, Plan, jobs_of
from glsmed.benchmarks.comparison.paired_bootstrap import METRICS, Interval, paired_difference
from glsmed.benchmarks.comparison.results import Results

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
_HIGHER_IS_BETTER = ("auroc", "auprc", "net_benefit")


def means(plan: Plan, results: Results, *, world: str, arm: str, kind: str, subset: str) -> Table:
    """By method: the mean over seeds of each macro metric of a subset; whole seeds only."""
    table = {}
    for method in plan.methods:
        runs = [results.content(job)[kind].get(subset, {}) for job in jobs_done(plan, results, world, arm, method)]
        values = [run["macro"] for run in runs if "macro" in run]
        if values:
            table[method] = {name: _mean([one[name] for one in values if name in one]) for name in SHOWN}
    return table


def worst_site_gaps(plan: Plan, results: Results, *, world: str, arm: str, kind: str, metric: str) -> dict[str, float]:
    """By method: how much worse the worst site is than the mean of the sites, the mean over seeds."""
    gaps = {}
    for method in plan.methods:
        jobs = jobs_done(plan, results, world, arm, method)
        values = [_sites(results, job, kind, metric) for job in jobs]
        if values:
            worst = [min(v) if metric in _HIGHER_IS_BETTER else max(v) for v in values]
            gaps[method] = _mean([abs(sum(v) / len(v) - w) for v, w in zip(values, worst, strict=True)])
    return gaps


def _sites(results: Results, job: Job, kind: str, metric: str) -> list[float]:
    content, sites = results.content(job)[kind], results.test_set(job).sites
    return [content[site]["macro"][metric] for site in sites]


def differences(
    plan: Plan, results: Results, *, world: str, arm: str, kind: str, reference: str, hedged_only: bool = False
) -> dict[str, dict[str, Interval]]:
    """By method and metric: the reference less the method, over the seeds that both have.

    Args:
        plan: what was run.
        results: the runs.
        world: name of the world.
        arm: name of the arm.
        kind: which answers.
        reference: the method that the others are compared with.
        hedged_only: count only the cells whose report is in doubt.
    """
    table = {}
    for method in plan.methods:
        pairs = _pairs(plan, results, world, arm, (reference, method))
        if method != reference and pairs:
            table[method] = {name: _interval(results, pairs, kind, name, hedged_only) for name in METRICS}
    return table


def _interval(
    results: Results, pairs: Sequence[tuple[Job, Job]], kind: str, metric: str, hedged_only: bool
) -> Interval:
    truths = []
    for job, _ in pairs:
        test = results.test_set(job)
        truths.append(np.where(test.hedged, test.truth, np.nan) if hedged_only else test.truth)
    first = [results.answers(job, kind) for job, _ in pairs]
    second = [results.answers(other, kind) for _, other in pairs]
    return paired_difference(first, second, truths, METRICS[metric])


def _pairs(plan: Plan, results: Results, world: str, arm: str, methods: tuple[str, str]) -> list[tuple[Job, Job]]:
    by_seed = [{job.seed: job for job in jobs_done(plan, results, world, arm, method)} for method in methods]
    return [(by_seed[0][seed], by_seed[1][seed]) for seed in sorted(by_seed[0].keys() & by_seed[1].keys())]


def jobs_done(plan: Plan, results: Results, world: str, arm: str, method: str) -> list[Job]:
    """The jobs of a method that are done, seed by seed."""
    wanted = (world, arm, method)
    return [job for job in jobs_of(plan) if (job.world, job.arm, job.method) == wanted and results.has(job)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def summary_content(plan: Plan, results: Results, *, reference: str) -> dict[str, object]:
    """Everything that the report shows, as JSON values."""
    content: dict[str, object] = {"plan": asdict(plan), "reference": reference}
    for world in plan.worlds:
        for arm in plan.arms:
            content[f"{world}/{arm}"] = {
                kind: _of_kind(plan, results, world, arm, kind, reference) for kind in kinds_of(arm)
            }
    return content


def _of_kind(plan: Plan, results: Results, world: str, arm: str, kind: str, reference: str) -> dict[str, object]:
    gaps = {
        metric: worst_site_gaps(plan, results, world=world, arm=arm, kind=kind, metric=metric)
        for metric in ("auroc", "ece")
    }
    compared = {
        name: differences(
            plan, results, world=world, arm=arm, kind=kind, reference=reference, hedged_only=name == "hedged"
        )
        for name in ("all", "hedged")
    }
    return {
        "all": means(plan, results, world=world, arm=arm, kind=kind, subset="all"),
        "hedged": means(plan, results, world=world, arm=arm, kind=kind, subset="hedged"),
        "worst_site_gap": gaps,
        "reference_less_method": {
            subset: {method: {name: asdict(each) for name, each in row.items()} for method, row in rows.items()}
            for subset, rows in compared.items()
        },
    }


def kinds_of(arm: str) -> tuple[str, ...]:
    """Raw answers where there is no gold, raw and mapped ones where there is."""
    return ("last", "best") if arm.startswith("no-gold") else ("last", "last_mapped", "best_mapped")
