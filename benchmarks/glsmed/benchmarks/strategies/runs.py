"""Runs jobs, several at a time, and keeps their answers; what is done is left alone."""

import io
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from glsmed.benchmarks.federation.built_federation import RunSettings
from glsmed.benchmarks.simulator.dataset_writer import write_dataset
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.scenarios import scenario_named
from glsmed.benchmarks.simulator.sources import label_of, source_named
from glsmed.benchmarks.strategies.at_once import training_processes
from glsmed.benchmarks.strategies.catalogue import KNOWN
from glsmed.benchmarks.strategies.earlier_study import train_earlier_study
from glsmed.benchmarks.strategies.trial import Answers, Job, Trained, run_job
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_bytes, write_text
from glsmed.shared.processes.command_line import Tell


@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison of strategies.

    Attributes:
        pixels: as for ``glsmed-benchmark build``, with scenario and studies.
        names: strategies and baselines.
        seeds: how many; each draws other hospitals' patients and other first weights.
        settings: how the hospitals train.
    """

    pixels: str
    scenario: str
    studies: int
    names: tuple[str, ...]
    seeds: int
    settings: RunSettings

    def jobs(self) -> Iterator[Job]:
        """Every job, seed by seed, so that a stopped comparison has whole seeds."""
        return (Job(name, seed) for seed in range(self.seeds) for name in self.names)


class Runs:
    """A folder of finished jobs.

    Raises:
        UsageError: the folder holds those of another plan.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        made_with = asdict(plan) | {"names": None, "seeds": None}
        made_with["settings"] = asdict(plan.settings) | {"device": None, "seed": None}
        text = json.dumps(made_with, indent=1) + "\n"
        path = folder / "plan.json"
        if path.is_file() and path.read_text(encoding="utf-8") != text:
            raise UsageError(f"{folder} holds a comparison with other settings: choose another --out")
        write_text(path, text)

    def has(self, job: Job) -> bool:
        """Whether the job is done."""
        return self._path(job).is_file()

    def keep(self, job: Job, trained: Trained, *, seconds: float) -> None:
        """Write what a job came to, whole or not at all."""
        arrays = {f"{site}/probability": one.probability.astype(np.float32) for site, one in trained.answers.items()}
        arrays |= {f"{site}/truth": one.truth.astype(np.float32) for site, one in trained.answers.items()}
        told = json.dumps({"best_rounds": dict(trained.best_rounds), "seconds": round(seconds, 1)})
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, told=np.array(told), **arrays)
        write_bytes(self._path(job), buffer.getvalue())

    def answers(self, job: Job) -> Mapping[str, Answers]:
        """By hospital, in the order of their names."""
        with np.load(self._path(job), allow_pickle=False) as kept:
            sites = sorted({name.rpartition("/")[0] for name in kept.files if "/" in name})
            return {
                site: Answers(kept[f"{site}/probability"].astype(float), kept[f"{site}/truth"].astype(float))
                for site in sites
            }

    def told(self, job: Job) -> dict[str, object]:
        """The rounds that a job kept, and its seconds."""
        with np.load(self._path(job), allow_pickle=False) as kept:
            content: dict[str, object] = json.loads(str(kept["told"]))
        return content

    def data(self, seed: int) -> Path:
        """The data set of a seed."""
        return self._folder / "data" / f"seed-{seed}"

    def weights(self, job: Job) -> Path | None:
        """The weights of the earlier study that a job starts from; None for one that starts from random weights."""
        is_pretrained = job.name in KNOWN and KNOWN[job.name].is_pretrained
        return self._folder / "earlier" / f"seed-{job.seed}.safetensors" if is_pretrained else None

    def work(self, job: Job) -> Path:
        """Where a job's hospitals lie while it runs."""
        return self._folder / "work" / f"{job.seed}-{job.name}"

    def _path(self, job: Job) -> Path:
        return self._folder / "answers" / f"{job.seed}-{job.name}.npz"


def run_plan(plan: Plan, runs: Runs, *, at_once: int, tell: Tell) -> None:
    """Run every job that is not done, ``at_once`` of them in processes of their own, each with one thread."""
    waiting = [job for job in plan.jobs() if not runs.has(job)]
    _draw(plan, runs, sorted({job.seed for job in waiting}))
    _pretrain(plan, runs, waiting, tell)
    started = time.monotonic()
    with training_processes(at_once) as processes:
        asked = [processes.submit(_run, job, plan, runs) for job in waiting]
        for done, future in enumerate(as_completed(asked), 1):
            job, seconds = future.result()
            left = (time.monotonic() - started) / done * (len(waiting) - done)
            tell(f"{done}/{len(waiting)} {job.name} {job.seed}: {seconds:.0f} s, {left / 60:.0f} min left")


def _draw(plan: Plan, runs: Runs, seeds: Sequence[int]) -> None:
    """Write the data set of each seed that is not there."""
    scenario = scenario_named(plan.scenario)
    for seed in seeds:
        if not runs.data(seed).is_dir():
            hospitals = simulate(source_named(plan.pixels), scenario, studies=plan.studies, seed=seed)
            write_dataset(runs.data(seed), hospitals, scenario, pixels=label_of(plan.pixels), seed=seed)


def _pretrain(plan: Plan, runs: Runs, jobs: Sequence[Job], tell: Tell) -> None:
    """Train the earlier study of each seed whose jobs start from its weights."""
    wanted = {path: job for job in jobs if (path := runs.weights(job)) is not None and not path.is_file()}
    for path, job in wanted.items():
        tell(f"the earlier study of seed {job.seed} is trained")
        work = runs.work(replace(job, name="earlier"))
        train_earlier_study(path, work, plan.settings, studies=plan.studies, seed=job.seed)


def _run(job: Job, plan: Plan, runs: Runs) -> tuple[Job, float]:
    started = time.perf_counter()
    trained = run_job(job, runs.data(job.seed), runs.work(job), plan.settings, weights=runs.weights(job))
    seconds = time.perf_counter() - started
    runs.keep(job, trained, seconds=seconds)
    return job, seconds
