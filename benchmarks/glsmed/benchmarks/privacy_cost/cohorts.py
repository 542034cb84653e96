"""The AUROC of one hospital's private training on patients that it has not seen, for each size and epsilon."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from glsmed.benchmarks.privacy_cost.planned_training import CPU, Planned, train_as_planned
from glsmed.benchmarks.simulator.drawn_examples import archived_examples, drawn_examples
from glsmed.benchmarks.simulator.sources import DRAWN, label_of
from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.privacy.planning import planned_batch
from glsmed.shared.processes.command_line import Tell

EPSILONS: tuple[float | None, ...] = (1.0, 2.0, 4.0, 8.0, None)  # None: without privacy
BATCHES: Mapping[int, int] = {patients: planned_batch(patients) for patients in (500, 5000)}  # by training patients
_TEST_PATIENTS = 1000
_FEWEST_TEST_PATIENTS = 500  # of an archive, which has no more than it has


@dataclass(frozen=True, slots=True)
class Job:
    """A training: so many patients, a wanted epsilon (None: no privacy), and the seed of patients and first weights.

    Attributes:
        pixels: ``drawn``, or the name of an archive of real pictures.
    """

    patients: int
    epsilon: float | None
    seed: int
    pixels: str = DRAWN

    @property
    def file_name(self) -> str:
        """Of the result."""
        source = "" if self.pixels == DRAWN else f"{label_of(self.pixels)}-"
        return f"{source}{self.seed}-{self.patients}-{self.epsilon or 'plain'}.json"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job came to.

    Attributes:
        noise: noise multiplier of the plan; 0 without privacy.
        spent: epsilon by the account after the last round; None without privacy.
        auroc: mean over findings, on test patients of the same hospital.
    """

    job: Job
    batch_size: int
    noise: float
    steps: int
    spent: float | None
    auroc: float


def costs(out: Path, *, cohorts: Sequence[int], seeds: int, tell: Tell, pixels: str = DRAWN) -> Iterator[Cost]:
    """Every job's cost, seed by seed; what ``out`` holds already is not trained again.

    Args:
        out: folder; each cost is kept there as soon as it is known.
        cohorts: training patients, keys of :data:`BATCHES`.
        seeds: how many.
        tell: gets a line for each job.
        pixels: see :class:`Job`.
    """
    jobs = (Job(patients, wanted, seed, pixels) for seed in range(seeds) for patients in cohorts for wanted in EPSILONS)
    for job in jobs:
        kept = out / "jobs" / job.file_name
        if not kept.is_file():
            write_text(kept, json.dumps(asdict(cost_of(job))) + "\n")
        content = json.loads(kept.read_text(encoding="utf-8"))
        cost = Cost(**{**content, "job": job})
        tell(f"{job.patients} patients, epsilon {job.epsilon}, seed {job.seed}: AUROC {cost.auroc:.3f}")
        yield cost


def cost_of(job: Job) -> Cost:
    """Train as planned for the wanted epsilon, and measure after the last round.

    The patients of a small cohort are the first of a larger one's, and all of a seed are measured on the same others.
    """
    batch = BATCHES[job.patients]
    learned, test = _patients(job)
    trained = train_as_planned(learned, Planned(job.epsilon, batch, job.seed))
    auroc = evaluate(trained.model, test, device=CPU).macro["auroc"]
    return Cost(job, batch, trained.noise, trained.steps, trained.spent, round(auroc, 4))


def _patients(job: Job) -> tuple[Examples, Examples]:
    """Those that the hospital learns from, and the others."""
    if job.pixels == DRAWN:
        learned = drawn_examples(max(BATCHES), seed=2 * job.seed + 1)
        return learned.rows(slice(0, job.patients)), drawn_examples(_TEST_PATIENTS, seed=2 * job.seed)
    everyone = archived_examples(job.pixels, seed=job.seed)
    test = min(_TEST_PATIENTS, len(everyone) - max(BATCHES))
    if test < _FEWEST_TEST_PATIENTS:
        raise UsageError(f"--pixels {job.pixels}: expected at least {max(BATCHES) + _FEWEST_TEST_PATIENTS} pictures")
    return everyone.rows(slice(test, test + job.patients)), everyone.rows(slice(0, test))
