"""The runs of a plan that are done."""

from collections.abc import Mapping
from dataclasses import dataclass

from glsmed.benchmarks.comparison.jobs import Job, Plan, jobs_of
from glsmed.benchmarks.comparison.results import Results

Pair = tuple[Job, Job]


@dataclass(frozen=True, slots=True)
class View:
    """Which answers a table is about: one kind of :data:`glsmed.benchmarks.comparison.results.KINDS` in one arm."""

    scenario: str
    arm: str
    kind: str


@dataclass(frozen=True, slots=True)
class Finished:
    """What there is to report on.

    Attributes:
        reference: the method that the others are compared with.
    """

    plan: Plan
    results: Results
    reference: str

    def jobs(self, scenario: str, arm: str, method: str) -> list[Job]:
        """The jobs of a method that are done, seed by seed."""
        return [job for job in self._wanted(scenario, arm, method) if self.results.has(job)]

    def pairs(self, scenario: str, first: tuple[str, str], second: tuple[str, str]) -> list[Pair]:
        """The jobs of two arms and methods, for the seeds that both have."""
        mine, theirs = (self._by_seed(scenario, *which) for which in (first, second))
        return [(mine[seed], theirs[seed]) for seed in sorted(mine.keys() & theirs.keys())]

    def _by_seed(self, scenario: str, arm: str, method: str) -> Mapping[int, Job]:
        return {job.seed: job for job in self.jobs(scenario, arm, method)}

    def _wanted(self, scenario: str, arm: str, method: str) -> list[Job]:
        return [job for job in jobs_of(self.plan) if (job.scenario, job.arm, job.method) == (scenario, arm, method)]
