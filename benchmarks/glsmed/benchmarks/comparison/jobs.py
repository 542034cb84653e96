"""What a comparison has to run: one job is one method in one arm of one world with one seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glsmed.benchmarks.comparison.fitting import FitSettings
from glsmed.benchmarks.comparison.trial import Sizes


@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison.

    Attributes:
        pixels: name of the source of pictures.
        worlds, arms, methods: by name.
        seeds: how many, from 0.
        tuned: choose hyperparameters on validation data; otherwise the first candidate of each method.
    """

    pixels: str
    worlds: tuple[str, ...]
    arms: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: int
    sizes: Sizes
    settings: FitSettings
    tuned: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One training (or two, where a method trains in stages)."""

    pixels: str
    world: str
    seed: int
    arm: str
    method: str

    @property
    def trial(self) -> str:
        """Name of the trial that it belongs to."""
        return f"{self.pixels}.{self.world}.{self.seed}"

    @property
    def name(self) -> str:
        """Name of its files."""
        return f"{self.trial}.{self.arm}.{self.method}"


def jobs_of(plan: Plan) -> list[Job]:
    """Every job, seed by seed, so that an interrupted comparison has whole seeds."""
    return list(_jobs(plan.pixels, plan.worlds, plan.arms, plan.methods, plan.seeds))


def _jobs(pixels: str, worlds: Sequence[str], arms: Sequence[str], methods: Sequence[str], seeds: int) -> Iterator[Job]:
    for seed in range(seeds):
        for world in worlds:
            for arm in arms:
                for method in methods:
                    yield Job(pixels, world, seed, arm, method)
