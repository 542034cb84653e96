"""The numbers of a comparison: means over seeds, and how methods and arms differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from glsmed.benchmarks.comparison.jobs import Job
from glsmed.benchmarks.comparison.results import KINDS
from glsmed.benchmarks.tables.calibration_floor import calibration_floors
from glsmed.benchmarks.tables.differences import WITHIN, Differences, Row
from glsmed.benchmarks.tables.finished import Finished, View
from glsmed.shared.metrics.decision_metrics import worst_site_gap

Table = Mapping[str, Mapping[str, float]]
SHOWN = (
    "auroc",
    "auprc",
    "brier",
    "log_loss",
    "ece",
    "ece_floor",
    "ece_equal_mass",
    "ece_equal_mass_floor",
    "calibration_slope",
    "calibration_intercept",
    "false_alerts_90",
    "false_alerts_95",
    "net_benefit",
)
_PLAN_KEYS = {"scenarios": "worlds"}  # the file's own names
_GAPS = {"auroc": True, "ece": False}  # metric, and whether higher is better


class Means:
    """Means over seeds; each table is made once, however often it is asked for."""

    def __init__(self, finished: Finished) -> None:
        self._finished = finished
        self._tables: dict[tuple[View, str], Table] = {}

    def table(self, view: View, subset: str) -> Table:
        """By method: the mean of each macro metric of a subset, and of the sites' own AUROC for all cells.

        ``ece_floor`` and ``ece_equal_mass_floor`` are what the error would be if the probabilities were exactly right.
        """
        key = (view, subset)
        if key not in self._tables:
            rows = {method: self._row(view, method, subset) for method in self._finished.plan.methods}
            self._tables[key] = {method: row for method, row in rows.items() if row}
        return self._tables[key]

    def _row(self, view: View, method: str, subset: str) -> dict[str, float]:
        jobs = self._finished.jobs(view.scenario, view.arm, method)
        values = [measured for job in jobs if (measured := self._measured(job, view.kind, subset))]
        if not values:
            return {}
        each = {name: [one[name] for one in values if name in one] for name in SHOWN}
        row = {name: _mean(known) for name, known in each.items() if known}
        within = [_mean(list(sites.values())) for job in jobs if (sites := self._by_site(job, view.kind, "auroc"))]
        return {WITHIN: _mean(within), **row} if subset == "all" and within else row

    def _measured(self, job: Job, kind: str, subset: str) -> Mapping[str, float]:
        """The macro metrics of a run, with the floors of its calibration errors; nothing if the subset is empty."""
        results = self._finished.results
        measured = results.content(job)[kind].get(subset, {}).get("macro")
        if not measured:
            return {}
        test = results.test_set(job)
        counted = test.hedged if subset == "hedged" else np.ones_like(test.hedged)
        return {**measured, **calibration_floors(results.answers(job, kind), counted, seed=job.seed)}

    def worst_site_gaps(self, view: View) -> dict[str, dict[str, float]]:
        """By metric and method: how much worse the worst site is than the mean of the sites, the mean over seeds."""
        gaps: dict[str, dict[str, float]] = {metric: {} for metric in _GAPS}
        for metric, higher in _GAPS.items():
            for method in self._finished.plan.methods:
                jobs = self._finished.jobs(view.scenario, view.arm, method)
                each = [sites for job in jobs if (sites := self._by_site(job, view.kind, metric))]
                if each:
                    gaps[metric][method] = _mean([worst_site_gap(sites, higher_is_better=higher) for sites in each])
        return gaps

    def _by_site(self, job: Job, kind: str, metric: str) -> dict[str, float]:
        """By site; one whose test examinations are all of one class has no AUROC."""
        results = self._finished.results
        content, sites = results.content(job)[kind], results.test_set(job).sites
        return {site: content[site]["macro"][metric] for site in sites if metric in content[site]["macro"]}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def largest_logits(finished: Finished, scenario: str, arm: str) -> dict[str, float]:
    """By method: the largest size of a logit on any run's test examinations, after the last epoch."""
    sizes: dict[str, float] = {}
    for method in finished.plan.methods:
        each = [finished.results.largest_logit(job) for job in finished.jobs(scenario, arm, method)]
        known = [size for size in each if size is not None]
        if known:
            sizes[method] = max(known)
    return sizes


def summary_content(finished: Finished, means: Means, differences: Differences) -> dict[str, object]:
    """Everything that the report shows, as JSON values."""
    plan = finished.plan
    told = {_PLAN_KEYS.get(name, name): value for name, value in asdict(plan).items()}
    content: dict[str, object] = {"plan": told, "reference": finished.reference}
    for scenario in plan.scenarios:
        content[f"{scenario}/first_arm_less_arm"] = {
            kind: _as_json(differences.between_arms(scenario, kind)) for kind in KINDS
        }
        for arm in plan.arms:
            views = [View(scenario, arm, kind) for kind in kinds_of(arm)]
            of_kinds = {view.kind: _of_view(means, differences, view) for view in views}
            content[f"{scenario}/{arm}"] = {**of_kinds, "largest_logit": largest_logits(finished, scenario, arm)}
    return content


def _of_view(means: Means, differences: Differences, view: View) -> dict[str, object]:
    tables = {name: differences.table(view, hedged=name == "hedged") for name in ("all", "hedged")}
    return {
        "all": means.table(view, "all"),
        "hedged": means.table(view, "hedged"),
        "worst_site_gap": means.worst_site_gaps(view),
        "reference_less_method": {subset: _as_json(rows) for subset, rows in tables.items()},
        "method_less_control": _as_json(differences.controls(view)),
    }


def _as_json(table: Mapping[str, Row]) -> dict[str, dict[str, dict[str, float]]]:
    return {row: {name: asdict(each) for name, each in cells.items()} for row, cells in table.items()}


def kinds_of(arm: str) -> tuple[str, ...]:
    """Raw answers where there is no gold, raw and mapped ones where there is."""
    return ("last", "best") if arm.startswith("no-gold") else ("last", "last_mapped", "best_mapped")
