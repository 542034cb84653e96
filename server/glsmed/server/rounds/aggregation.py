"""How the updates of a round become the next model."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.protocol.messages import Arrays


@dataclass(frozen=True, slots=True)
class SiteUpdate:
    """One site's checked model of a round; ``weight`` > 0 is its number of training cells."""

    site: str
    weight: int
    model: Arrays


class AggregationRule(ABC):
    """Base of every aggregation rule; a rule sees only updates that passed all checks."""

    @abstractmethod
    def aggregate(self, updates: Iterable[SiteUpdate]) -> Arrays:
        """The next model from one round's updates, in their names, shapes and dtypes.

        Args:
            updates: arrive one by one as sites reply; a rule should not keep them if it can avoid it.

        Returns:
            The arrays by name; an empty mapping if there was no update.
        """


class FedAvg(AggregationRule):
    """The mean of the sites' models weighted by training cells (McMahan et al., AISTATS 2017, algorithm 1).

    Sums are in float64, and only one update is in memory at a time. An integer or boolean array is a counter or a
    switch, for which a mean makes no sense: that of the site with the most training cells is used (of several, the
    first by name).
    """

    def aggregate(self, updates: Iterable[SiteUpdate]) -> Arrays:
        """The weighted mean; see the class."""
        types: dict[str, np.dtype[np.generic]] = {}
        sums: dict[str, NDArray[np.float64]] = {}
        counters = _Counters()
        total = 0
        for update in updates:
            total += update.weight
            for name, array in update.model.items():
                types[name] = array.dtype
                if _is_floating(array):
                    sums.setdefault(name, np.zeros(array.shape))
                    sums[name] += np.multiply(array, update.weight, dtype=np.float64)
            counters.offer(update)
        return {
            name: np.asarray(sums[name] / total, dtype=dtype) if name in sums else counters.arrays[name]
            for name, dtype in types.items()
        }


class _Counters:
    """The arrays without floating point, of the site with the most training cells so far."""

    def __init__(self) -> None:
        self.arrays: Arrays = {}
        self._rank: tuple[int, str] | None = None

    def offer(self, update: SiteUpdate) -> None:
        rank = (-update.weight, update.site)
        if self._rank is None or rank < self._rank:
            self._rank = rank
            self.arrays = {name: array for name, array in update.model.items() if not _is_floating(array)}


def _is_floating(array: NDArray[np.generic]) -> bool:
    return np.issubdtype(array.dtype, np.floating)
