"""Hyperparameters, chosen on validation data of a seed that no comparison uses."""

import json
from dataclasses import asdict, replace

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings, fit
from glsmed.benchmarks.comparison.jobs import Job, Plan
from glsmed.benchmarks.comparison.results import Results
from glsmed.benchmarks.comparison.trial import Sizes
from glsmed.benchmarks.comparison.trials import Trials
from glsmed.benchmarks.methods.catalogue import CANDIDATES, make_method
from glsmed.benchmarks.simulator.pictures import PictureSource
from glsmed.shared.files.atomic import write_text

TUNING_SEED = 100_000


class Tuning:
    """The candidate of each method for each scenario and arm; chosen once, kept in ``tuned.json``.

    Always on a held-out trial, so that folds do not choose otherwise.
    """

    def __init__(self, plan: Plan, source: PictureSource, results: Results) -> None:
        self._plan = plan
        self._trials = Trials(replace(plan, folds=1), source)
        self._file = results.folder / "tuned.json"
        self._chosen: dict[str, dict[str, float]] = {}
        if self._file.is_file():
            self._chosen = json.loads(self._file.read_text(encoding="utf-8"))

    def candidate(self, job: Job) -> int:
        """The candidate with the highest AUROC on what validation reports state plainly; the first of equals."""
        if len(CANDIDATES[job.method]) == 1 or not self._plan.tuned:
            return 0
        key = f"{job.scenario}.{job.arm}.{job.method}{_unusual(self._plan)}"
        if key not in self._chosen:
            self._chosen[key] = self._measure(job)
            write_text(self._file, json.dumps(self._chosen, indent=1) + "\n")
        scores = self._chosen[key]
        return int(max(scores, key=lambda candidate: (scores[candidate], -int(candidate))))

    def _measure(self, job: Job) -> dict[str, float]:
        [trial] = self._trials.make(job.scenario, TUNING_SEED)
        scores = {}
        for candidate in range(len(CANDIDATES[job.method])):
            method = make_method(job.method, candidate=candidate)
            answers = fit(method, trial, ARMS[job.arm], self._plan.settings, seed=TUNING_SEED)
            scores[str(candidate)] = answers.validation_auroc
        return scores


def _unusual(plan: Plan) -> str:
    """What the plan's sizes and settings have other than usual: what was chosen with others is not taken."""
    usual = {**asdict(Sizes()), **asdict(FitSettings())}
    asked = {**asdict(plan.sizes), **asdict(plan.settings)}
    return "".join(f".{name}={value}" for name, value in asked.items() if value != usual[name])
