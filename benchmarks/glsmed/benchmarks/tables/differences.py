"""Paired differences between methods, between a method and its ensemble control, and between arms."""

from collections.abc import Sequence

import numpy as np

from glsmed.benchmarks.comparison.jobs import Job
from glsmed.benchmarks.methods.catalogue import control_of
from glsmed.benchmarks.tables.finished import Finished, Pair, View
from glsmed.benchmarks.tables.paired_bootstrap import METRICS, Interval, Values, bootstrap_samples, interval_of

Row = dict[str, Interval]
WITHIN = "auroc_within"
COMPARED = (WITHIN, *METRICS)
_DRAWS = 200


class Differences:
    """Paired differences; each run is sampled once, however often it is asked for.

    Beside the metrics over all sites together there is ``auroc_within``: the mean of the sites' own AUROC, which does
    not depend on how the sites' base rates compare.
    """

    def __init__(self, finished: Finished, *, draws: int = _DRAWS) -> None:
        self._finished = finished
        self._draws = draws
        self._samples: dict[tuple[str, str, str, bool], Values] = {}

    def table(self, view: View, *, hedged: bool) -> dict[str, Row]:
        """By method and metric: the reference less the method, over the seeds that both have.

        Args:
            view: of these answers.
            hedged: count only the cells whose report is in doubt.
        """
        reference, rows = self._finished.reference, {}
        for method in self._finished.plan.methods:
            pairs = self._finished.pairs(view.scenario, (view.arm, reference), (view.arm, method))
            if method != reference and pairs:
                rows[method] = self._row(pairs, view.kind, hedged=hedged)
        return rows

    def controls(self, view: View) -> dict[str, Row]:
        """``method less control`` and metric: methods that train several networks, less as many plain ones.

        The control is on the labels that were chosen for the method, see
        :func:`glsmed.benchmarks.methods.catalogue.control_of`.
        """
        rows = {}
        for method in self._finished.plan.methods:
            jobs = self._finished.jobs(view.scenario, view.arm, method)
            control = control_of(method, self._finished.results.chosen(jobs[0])) if jobs else None
            if control is None:
                continue
            pairs = self._finished.pairs(view.scenario, (view.arm, method), (view.arm, control))
            if pairs:
                rows[f"{method} less {control}"] = self._row(pairs, view.kind, hedged=False)
        return rows

    def between_arms(self, scenario: str, kind: str) -> dict[str, Row]:
        """By arm and metric: the first arm less the arm, of the reference: what a part of the recipe is worth."""
        method, (first, *others) = self._finished.reference, self._finished.plan.arms
        pairs = {arm: self._finished.pairs(scenario, (first, method), (arm, method)) for arm in others}
        return {arm: self._row(found, kind, hedged=False) for arm, found in pairs.items() if found}

    def _row(self, pairs: Sequence[Pair], kind: str, *, hedged: bool) -> Row:
        return {name: self._interval(pairs, kind, name, hedged=hedged) for name in COMPARED}

    def _interval(self, pairs: Sequence[Pair], kind: str, name: str, *, hedged: bool) -> Interval:
        first = [self._of(job, kind, name, hedged=hedged) for job, _ in pairs]
        second = [self._of(job, kind, name, hedged=hedged) for _, job in pairs]
        return interval_of(first, second)

    def _of(self, job: Job, kind: str, name: str, *, hedged: bool) -> Values:
        key = (job.name, kind, name, hedged)
        if key not in self._samples:
            results = self._finished.results
            test = results.test_set(job)
            self._samples[key] = bootstrap_samples(
                results.answers(job, kind),
                np.where(test.hedged, test.truth, np.nan) if hedged else test.truth,
                METRICS["auroc" if name == WITHIN else name],
                groups=test.site if name == WITHIN else np.zeros_like(test.site),
                seed=job.seed,
                draws=self._draws,
            )
        return self._samples[key]
