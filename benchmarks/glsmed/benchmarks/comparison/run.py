"""Run a plan: what is done already is left alone."""

import time

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import Answers, FitSettings, fit
from glsmed.benchmarks.comparison.folds import joined_answers, joined_parts
from glsmed.benchmarks.comparison.jobs import Job, Plan, jobs_of
from glsmed.benchmarks.comparison.results import Results
from glsmed.benchmarks.comparison.trial import Trial
from glsmed.benchmarks.comparison.trials import Trials
from glsmed.benchmarks.comparison.tuning import Tuning
from glsmed.benchmarks.methods.catalogue import describe, make_method
from glsmed.benchmarks.simulator.pictures import PictureSource
from glsmed.shared.processes.command_line import Tell


def run_plan(plan: Plan, source: PictureSource, results: Results, *, tell: Tell) -> int:
    """Run every job that is not done; returns how many were run.

    Args:
        plan: what to run.
        source: of pictures.
        results: where runs are kept.
        tell: takes one line a run, with the time that is left.
    """
    waiting = [job for job in jobs_of(plan) if not results.has(job)]
    trials = Trials(plan, source)
    tuning = Tuning(plan, source, results)
    started = time.monotonic()
    for done, job in enumerate(waiting):
        _run_job(job, trials, tuning, plan, results)
        spent = time.monotonic() - started
        left = spent / (done + 1) * (len(waiting) - done - 1)
        tell(f"{done + 1}/{len(waiting)} {job.name}: {left / 60:.0f} min left")
    return len(waiting)


def _run_job(job: Job, trials: Trials, tuning: Tuning, plan: Plan, results: Results) -> None:
    candidate = tuning.candidate(job)
    parts = trials.make(job.scenario, job.seed)
    results.keep_test_set(job, parts[0].findings, parts[0].sites, joined_parts([trial.test for trial in parts]))
    started = time.perf_counter()
    answers = joined_answers([_fit(job, trial, candidate, plan.settings) for trial in parts])
    seconds = time.perf_counter() - started
    results.keep(job, answers, results.test_set(job), seconds=seconds, chosen=describe(job.method, candidate))


def _fit(job: Job, trial: Trial, candidate: int, settings: FitSettings) -> Answers:
    return fit(make_method(job.method, candidate=candidate), trial, ARMS[job.arm], settings, seed=job.seed)
