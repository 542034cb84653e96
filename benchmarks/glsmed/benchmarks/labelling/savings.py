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
        draws: how often labels are drawn at each hospital, in both ways.
        studies: to label; ``test`` further ones to judge on.
        rarer: divides the prevalences of the drawn hospitals.
    """

    scenario: Scenario
    seeds: int
    labels: int = 400
    step: int = 50
    draws: int = 4
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
        opened: examinations opened for the random labels, and for as many of the chosen ones as are needed.
        opened_interval: 95 % of the latter.
        slope: calibration slope of the words, of random labels and of as many chosen ones: means over seeds.
        slope_of_random: middle 95 % of the random ones; ``map_...`` likewise of the output calibration.
    """

    hospital: str
    doubted: float
    brier: tuple[float, float]
    needed: float | None
    needed_interval: tuple[float, float | None]
    opened: tuple[float, float | None]
    opened_interval: tuple[float, float | None]
    slope: tuple[float, float]
    slope_of_random: Interval
    map_slope: tuple[float, float]
    map_slope_of_random: Interval


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
    """One seed: without labels, each draw of random ones, and of each draw each number of chosen ones."""

    doubted: float
    none: Judged
    random: Sequence[Judged]
    chosen: Sequence[Sequence[Judged]]

    def mean_of_chosen(self, name: str) -> Floats:
        """``(P,)`` the mean over draws for each number of labels, from 0 on."""
        values = np.array([[getattr(one, name) for one in (self.none, *draw)] for draw in self.chosen])
        return np.asarray(values.mean(0))


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
        random=[trial.curve("random", [plan.labels], rng)[0] for _ in range(plan.draws)],
        chosen=[trial.curve("worth", plan.places, rng) for _ in range(plan.draws)],
    )


def savings_of(hospital: str, places: Sequence[int], runs: Sequence[Run]) -> Savings:
    """What the runs of one hospital come to."""
    curve = _Curve.of([0, *places], runs)
    rng = np.random.default_rng(0)
    again = [curve.needed(rng.integers(len(runs), size=len(runs))) for _ in range(_DRAWS)]
    needed, opened = curve.needed(np.arange(len(runs)))
    random = [one for run in runs for one in run.random]
    last = [draw[-1] for run in runs for draw in run.chosen]
    return Savings(
        hospital=hospital,
        doubted=float(np.mean([run.doubted for run in runs])),
        brier=(float(curve.hedged[:, 0].mean()), float(curve.random.mean())),
        needed=needed,
        needed_interval=_interval([one for one, _ in again]),
        opened=(float(np.mean([one.opened for one in random])), opened),
        opened_interval=_interval([one for _, one in again]),
        slope=_means([one.slope for one in random], [one.slope for one in last]),
        slope_of_random=_middle([one.slope for one in random]),
        map_slope=_means([one.map_slope for one in random], [one.map_slope for one in last]),
        map_slope_of_random=_middle([one.map_slope for one in random]),
    )


@dataclass(frozen=True, slots=True)
class _Curve:
    """What R runs reach with P numbers of chosen labels, ``(R, P)``, and what of random ones, ``(R,)``."""

    places: Sequence[int]
    hedged: Floats
    opened: Floats
    random: Floats

    @classmethod
    def of(cls, places: Sequence[int], runs: Sequence[Run]) -> "_Curve":
        """The curve of these runs, R of them; ``places`` are numbers of chosen labels."""
        hedged, opened = (np.array([run.mean_of_chosen(name) for run in runs]) for name in ("hedged", "opened"))
        return cls(places, hedged, opened, np.array([np.mean([one.hedged for one in run.random]) for run in runs]))

    def needed(self, rows: NDArray[np.intp]) -> tuple[float | None, float | None]:
        """The share of all labels that these runs need, and the examinations opened for it; None: more than all."""
        labels = needed_labels(self.places, self.hedged[rows].mean(0), float(self.random[rows].mean()))
        if labels is None:
            return None, None
        return labels / self.places[-1], float(np.interp(labels, self.places, self.opened[rows].mean(0)))


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


def _interval(values: Sequence[float | None]) -> tuple[float, float | None]:
    """95 % of the values; None stands for more than any."""
    low, high = np.percentile([np.inf if one is None else one for one in values], _LEVEL, method="nearest")
    return float(low), float(high) if np.isfinite(high) else None


def _middle(values: Sequence[float]) -> Interval:
    low, high = np.percentile(values, _LEVEL)
    return float(low), float(high)
