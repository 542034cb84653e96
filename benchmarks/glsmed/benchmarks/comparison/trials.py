"""Trials on demand; the last two are kept, since jobs come trial by trial and tuning has one of its own."""

from collections import OrderedDict

from glsmed.benchmarks.comparison.jobs import Plan
from glsmed.benchmarks.comparison.trial import Trial, make_folds, make_trial
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.pictures import PictureSource
from glsmed.benchmarks.simulator.scenarios import scenario_named

_KEPT = 2


class Trials:
    """Makes the trials of a plan."""

    def __init__(self, plan: Plan, source: PictureSource) -> None:
        self._plan = plan
        self._source = source
        self._kept: OrderedDict[tuple[str, int], list[Trial]] = OrderedDict()

    def make(self, scenario: str, seed: int) -> list[Trial]:
        """The trial of a scenario with a seed, or one for each fold."""
        key = (scenario, seed)
        if key not in self._kept:
            self._kept[key] = self._made(scenario, seed)
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _made(self, scenario: str, seed: int) -> list[Trial]:
        sizes, folds = self._plan.sizes, self._plan.folds
        hospitals = simulate(self._source, scenario_named(scenario), studies=sizes.studies, seed=seed)
        if folds == 1:
            return [make_trial(hospitals, sizes, seed=seed)]
        return make_folds(hospitals, sizes, seed=seed, folds=folds)
