"""How many labels, chosen for worth, do what a number of random ones do: over seeds, with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.benchmarks.labelling.drawn_reports import draw_reports
from glsmed.benchmarks.labelling.trial import Judged, Trial
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS, Hospital
from glsmed.benchmarks.simulator.scenarios import Scenario

_DRAWS = 2000
_LEVEL = (2.5, 97.5)

Floats = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared.

    Attributes:
        labels: random ones; those chosen for worth are counted up to the same number, in steps.
        studies: to label; ``test`` further ones to judge on.
        rarer: divides the prevalences of the drawn hospitals.
    """

    scenario: Scenario
    seeds: int
    labels: int = 400
    step: int = 50
    studies: int = 1500
    test: int = 2000
    rarer: float = 1.0
    first_seed: int = 1000

    @property
    def places(self) -> list[int]:
        """The numbers of labels at which worth is judged."""
        return list(range(self.step, self.labels + 1, self.step))


@dataclass(frozen=True, slots=True)
class Savings:
    """One hospital.

    Attributes:
        doubted: doubted cells per examination.
        brier: hedged Brier without labels, and with the random ones: the score to be reached.
        needed: share of so many labels that reach it when chosen for worth; None where not even all do.
        needed_interval: 95 %, over seeds drawn again.
        slope: calibration slope of the words, of random labels and of as many chosen ones: means over seeds.
        slope_of_random: middle 95 % of the random ones over seeds; ``map_...`` likewise of the output calibration.
        opened: examinations opened for all labels, random and chosen.
    """

    hospital: str
    doubted: float
    brier: tuple[float, float]
    needed: float | None
    needed_interval: tuple[float, float | None]
    slope: tuple[float, float]
    slope_of_random: Interval
    map_slope: tuple[float, float]
    map_slope_of_random: Interval
    opened: tuple[float, float]


def measure_savings(plan: Plan, *, tell: Callable[[str], None]) -> list[Savings]:
    """The savings of each drawn hospital."""
    found = []
    for place, hospital in enumerate(HOSPITALS):
        runs = []
        for seed in range(plan.seeds):
            runs.append(_run(plan, hospital, [plan.first_seed + seed, place]))
            tell(f"{hospital.name}: {seed + 1}/{plan.seeds} seeds")
        found.append(savings_of(hospital.name, plan.places, runs))
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """One seed: without labels, with all random ones, and with each number of chosen ones."""

    doubted: float
    none: Judged
    random: Judged
    chosen: Sequence[Judged]


def _run(plan: Plan, hospital: Hospital, seed: Sequence[int]) -> Run:
    rng = np.random.default_rng(seed)
    learn, test = (
        draw_reports(hospital, plan.scenario, studies=studies, rarer=plan.rarer, rng=rng)
        for studies in (plan.studies, plan.test)
    )
    trial = Trial(learn, test)
    doubted = sum(cell.state == "uncertain" for cells in learn.cells for cell in cells.values())
    return Run(
        doubted=doubted / plan.studies,
        none=trial.judge(np.zeros(learn.truth.shape)),
        random=trial.curve("random", [plan.labels], rng)[0],
        chosen=trial.curve("worth", plan.places, rng),
    )


def savings_of(hospital: str, places: Sequence[int], runs: Sequence[Run]) -> Savings:
    """What the runs of one hospital come to."""
    chosen = np.array([[run.none.hedged, *(one.hedged for one in run.chosen)] for run in runs])
    random = np.array([run.random.hedged for run in runs])
    rng = np.random.default_rng(0)
    again = [rng.integers(len(runs), size=len(runs)) for _ in range(_DRAWS)]
    drawn = [needed_labels([0, *places], chosen[rows].mean(0), float(random[rows].mean())) for rows in again]
    shares = np.array([np.inf if one is None else one / places[-1] for one in drawn])
    low, high = np.percentile(shares, _LEVEL, method="nearest")
    needed = needed_labels([0, *places], chosen.mean(0), float(random.mean()))
    last = [run.chosen[-1] for run in runs]
    return Savings(
        hospital=hospital,
        doubted=float(np.mean([run.doubted for run in runs])),
        brier=(float(chosen[:, 0].mean()), float(random.mean())),
        needed=None if needed is None else needed / places[-1],
        needed_interval=(float(low), float(high) if np.isfinite(high) else None),
        slope=_means([run.random.slope for run in runs], [one.slope for one in last]),
        slope_of_random=_middle([run.random.slope for run in runs]),
        map_slope=_means([run.random.map_slope for run in runs], [one.map_slope for one in last]),
        map_slope_of_random=_middle([run.random.map_slope for run in runs]),
        opened=_means([run.random.opened for run in runs], [one.opened for one in last]),
    )


def needed_labels(places: Sequence[int], scores: Floats, target: float) -> float | None:
    """Where a falling curve through the scores reaches the target, between places by a straight line; None: nowhere."""
    falling = IsotonicRegression(increasing=False).fit(places, scores).predict(places)
    reached = np.flatnonzero(falling <= target)
    if not len(reached):
        return None
    place = int(reached[0])
    if place == 0:
        return float(places[0])
    above, below = falling[place - 1], falling[place]
    share = (above - target) / (above - below)
    return float(places[place - 1] + share * (places[place] - places[place - 1]))


def _means(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(first)), float(np.mean(second))


def _middle(values: Sequence[float]) -> Interval:
    low, high = np.percentile(values, _LEVEL)
    return float(low), float(high)
