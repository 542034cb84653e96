"""Averaging of the sites' models in memory, for comparisons in one process; studies average from files."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.protocol.packed_model import Arrays

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SiteModel:
    """A site's model of a round, all of whose arrays are floating; ``cases`` is its number of examinations."""

    site: str
    cases: int
    model: Arrays


class Averaging(ABC):
    """A weighted mean; a method says with which weights."""

    @abstractmethod
    def weights(self, models: Sequence[SiteModel]) -> Weights:
        """``(sites,)``, adding up to 1."""

    def mean(self, models: Sequence[SiteModel]) -> Arrays:
        """The weighted mean of the models, in their dtypes."""
        weights = self.weights(models)
        return {
            name: np.asarray(sum(w * one.model[name] for w, one in zip(weights, models, strict=True)), array.dtype)
            for name, array in models[0].model.items()
        }


class ByCases(Averaging):
    """Weights by the number of examinations (McMahan et al., AISTATS 2017, algorithm 1)."""

    def weights(self, models: Sequence[SiteModel]) -> Weights:
        """Each site's share of all examinations."""
        cases = np.array([one.cases for one in models], dtype=np.float64)
        return np.asarray(cases / cases.sum())
