"""What a comparison has to run: one job is one method in one arm of one scenario with one seed."""

from collections.abc import Iterator
from dataclasses import dataclass

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings
from glsmed.benchmarks.comparison.trial import Sizes
from glsmed.benchmarks.methods.catalogue import needs_federation


@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison.

    Attributes:
        pixels: name of the source of pictures.
        scenarios, arms, methods: by name.
        seeds: how many, from 0.
        tuned: choose hyperparameters on validation data; otherwise the first candidate of each method.
        folds: of cross-validation; 1 holds out one test set.
    """

    pixels: str
    scenarios: tuple[str, ...]
    arms: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: int
    sizes: Sizes
    settings: FitSettings
    tuned: bool = True
    folds: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """One training (two, where a method trains in stages), or one for each fold, whose answers are put together."""

    pixels: str
    scenario: str
    seed: int
    arm: str
    method: str
    folds: int = 1

    @property
    def trial(self) -> str:
        """Name of the trial that it belongs to."""
        held_out = f"{self.pixels}.{self.scenario}.{self.seed}"
        return held_out if self.folds == 1 else f"{held_out}.{self.folds}-fold"

    @property
    def name(self) -> str:
        """Name of its files."""
        return f"{self.trial}.{self.arm}.{self.method}"


def jobs_of(plan: Plan) -> list[Job]:
    """Every job, seed by seed, so that an interrupted comparison has whole seeds."""
    return list(_jobs(plan))


def _jobs(plan: Plan) -> Iterator[Job]:
    for seed in range(plan.seeds):
        for scenario in plan.scenarios:
            for arm in plan.arms:
                for method in plan.methods:
                    if ARMS[arm].federated or not needs_federation(method):
                        yield Job(plan.pixels, scenario, seed, arm, method, plan.folds)
