"""Run a plan: what is done already is left alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import fit
from glsmed.benchmarks.comparison.jobs import Job, Plan, jobs_of
from glsmed.benchmarks.comparison.results import Results
from glsmed.benchmarks.comparison.trial import Trial, make_trial
from glsmed.benchmarks.methods.catalogue import method_named
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.pictures import PictureSource
from glsmed.benchmarks.simulator.worlds import world_named

Report = Callable[[str], None]


def run_plan(plan: Plan, source: PictureSource, results: Results, *, report: Report) -> int:
    """Run every job that is not done; returns how many were run.

    Args:
        plan: what to run.
        source: of pictures.
        results: where runs are kept.
        report: takes one line a run, with the time that is left.
    """
    waiting = [job for job in jobs_of(plan) if not results.has(job)]
    trials = _Trials(plan, source, results)
    started = time.monotonic()
    for done, job in enumerate(waiting):
        _run_job(job, trials.of(job), plan, results)
        spent = time.monotonic() - started
        left = spent / (done + 1) * (len(waiting) - done - 1)
        report(f"{done + 1}/{len(waiting)} {job.name}: {left / 60:.0f} min left")
    return len(waiting)


def _run_job(job: Job, trial: Trial, plan: Plan, results: Results) -> None:
    started = time.perf_counter()
    answers = fit(method_named(job.method), trial, ARMS[job.arm], plan.settings, seed=job.seed)
    results.keep(job, answers, results.test_set(job), seconds=time.perf_counter() - started)


@dataclass
class _Trials:
    """The trials by name; only the last one is kept, since jobs come trial by trial."""

    plan: Plan
    source: PictureSource
    results: Results
    _last: dict[str, Trial] = field(default_factory=dict)

    def of(self, job: Job) -> Trial:
        """The trial of a job; its test set is on disk afterwards."""
        if job.trial not in self._last:
            hospitals = simulate(self.source, world_named(job.world), studies=self.plan.sizes.studies, seed=job.seed)
            trial = make_trial(hospitals, self.plan.sizes, seed=job.seed)
            self.results.keep_test_set(job, trial.findings, trial.sites, trial.test)
            self._last = {job.trial: trial}
        return self._last[job.trial]
