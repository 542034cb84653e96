"""A folder of trainings on real data: what is done there already is kept, and a killed comparison goes on."""

import io
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

import numpy as np

from glsmed.benchmarks.real_data.plans import Arrays, RealJob, RealPlan
from glsmed.benchmarks.real_data.training import choose, train
from glsmed.benchmarks.strategies.at_once import training_processes
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_bytes, write_text
from glsmed.shared.processes.command_line import Tell

# more of these may be asked for later
_NOT_COMPARED = {"seeds", "gold", "methods", "left_out", "parts", "device", "bare", "reference"}


class RealRuns:
    """A folder of finished trainings.

    Raises:
        UsageError: it holds those of other data or other settings.
    """

    def __init__(self, folder: Path, plan: RealPlan) -> None:
        self.folder = folder
        made_with = {name: value for name, value in asdict(plan).items() if name not in _NOT_COMPARED}
        text = json.dumps(made_with, indent=1, default=str) + "\n"
        path = folder / "made_with.json"
        if path.is_file() and path.read_text(encoding="utf-8") != text:
            raise UsageError(
                f"{folder} holds trainings of other data or settings (made_with.json): name another folder"
            )
        write_text(path, text)

    def has(self, job: RealJob) -> bool:
        """Whether the training is done."""
        return self._path(job).is_file()

    def keep(self, job: RealJob, arrays: Arrays) -> None:
        """Write what it said, whole or not at all."""
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **arrays)
        write_bytes(self._path(job), stream.getvalue())

    def answers(self, job: RealJob) -> Arrays:
        """What it said."""
        with np.load(self._path(job), allow_pickle=False) as kept:
            return dict(kept)

    @property
    def candidates(self) -> dict[str, int]:
        """What was chosen, by :func:`candidate_key`."""
        path = self.folder / "tuned.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def keep_candidates(self, chosen: Mapping[str, int]) -> None:
        """Write what was chosen."""
        write_text(self.folder / "tuned.json", json.dumps({**self.candidates, **chosen}, indent=1) + "\n")

    def _path(self, job: RealJob) -> Path:
        return self.folder / "answers" / f"{job.name}.npz"


def candidate_key(method: str, gold: int) -> str:
    """Choices are made once without gold and once with."""
    return f"{method}, {'gold' if gold else 'no gold'}"


def run_plan(plan: RealPlan, runs: RealRuns, *, at_once: int, tell: Tell) -> None:
    """Run every job that is not done, ``at_once`` of them in processes of their own, each with one thread."""
    jobs = list(plan.jobs())
    waiting = [job for job in jobs if not runs.has(job)]
    tell(f"{len(waiting)} training(s) to do, {len(jobs) - len(waiting)} done before; {at_once} at once")
    with training_processes(at_once) as processes:
        _choose(plan, runs, waiting, processes, tell)
        chosen, started = runs.candidates, time.monotonic()
        asked = [
            processes.submit(_run, plan, runs, job, chosen[candidate_key(job.method, job.gold)]) for job in waiting
        ]
        for done, future in enumerate(as_completed(asked), 1):
            left = (time.monotonic() - started) / done * (len(waiting) - done)
            tell(f"{done}/{len(waiting)} {future.result().name}: {left / 60:.0f} min left")


def _choose(
    plan: RealPlan, runs: RealRuns, jobs: Sequence[RealJob], processes: ProcessPoolExecutor, tell: Tell
) -> None:
    wanted = {candidate_key(job.method, job.gold): job for job in jobs}
    missing = {key: job for key, job in wanted.items() if key not in runs.candidates}
    asked = {processes.submit(choose, plan, job.method, job.gold): key for key, job in missing.items()}
    for future in as_completed(asked):
        runs.keep_candidates({asked[future]: future.result()})
    if missing:
        tell(f"candidates of {len(missing)} method(s) chosen on validation reports")


def _run(plan: RealPlan, runs: RealRuns, job: RealJob, candidate: int) -> RealJob:
    runs.keep(job, train(plan, job, candidate))
    return job
