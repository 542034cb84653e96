"""How far models lie apart, array by array, and how far the model of the centre may move in a round.

All lengths are L2 norms of one array. A site knows no update but its own; how far the mean of all moves follows from
that: never farther than the longest update, and in most rounds less than any.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import FLOAT, Arrays, Buffers, ModelLayout

Lengths = NDArray[np.float64]  # (A,) one for each array of floats, in the order of the manifest

_MOST_GROWTH = 8.0  # an own update counts as at most so many times the shortest so far
_BF16 = 2.0**-8  # relative error of a value that is rounded to bf16, twice


def distances(layout: ModelLayout, one: Buffers, other: Buffers) -> Lengths:
    """``(A,)`` how far two models lie apart."""
    places = [(start, stop) for spec, start, stop in layout.places() if spec.dtype == FLOAT]
    return np.array([_length(one[FLOAT][start:stop] - other[FLOAT][start:stop]) for start, stop in places])


def own_lengths(layout: ModelLayout, before: Buffers, after: Arrays) -> Lengths:
    """``(A,)`` how far training moved a model."""
    start_of = layout.unpack(before)
    names = [spec.name for spec in layout.manifest.arrays if spec.dtype == FLOAT]
    return np.array([_length((after[name] - start_of[name]).ravel()) for name in names])


def float_names(layout: ModelLayout) -> list[str]:
    """The arrays that lengths are about."""
    return [spec.name for spec in layout.manifest.arrays if spec.dtype == FLOAT]


def counted(own: Lengths, least: Lengths | None) -> Lengths:
    """``(A,)`` an own update as far as it counts.

    A model that was made for it can drive a site's update to any length; so it counts only up to some multiple of the
    shortest so far. What was not trained so far, 0, has no shortest.
    """
    if least is None:
        return own
    return np.where(least > 0, np.minimum(own, _MOST_GROWTH * least), own)


def shortest(own: Lengths, least: Lengths | None) -> Lengths:
    """``(A,)`` the shortest own update so far, of those that moved the array at all."""
    if least is None:
        return own
    return np.where((own > 0) & (least > 0), np.minimum(own, least), np.maximum(own, least))


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the centre's model moves at most, by the study's strategy.

    Attributes:
        of_round: from own lengths, and their memory, to those of the model's next move.
        keeps: share of the memory of own lengths that is left after a round.
    """

    of_round: Callable[[Lengths, Lengths], Lengths]
    keeps: float

    @classmethod
    def of(cls, study: Study, layout: ModelLayout) -> "Reach":
        """That of a study.

        Without a server optimizer a round moves by a mean of changes. Momentum adds up past ones; the memory of own
        lengths adds up as it does. Adam and Yogi move each weight by at most a bound, and by no more than the mean
        change over ``adaptivity``.
        """
        optimizer = study.federation.server_optimizer
        if optimizer.kind == "off":
            return cls(lambda own, _memory: own, 0.0)
        if optimizer.kind == "momentum":
            rate = 1.0 if optimizer.learning_rate is None else optimizer.learning_rate
            return cls(lambda _own, memory: rate * memory, optimizer.momentum)
        rate = 0.01 if optimizer.learning_rate is None else optimizer.learning_rate
        most = rate * _adam_reach(optimizer.momentum, optimizer.second_momentum) * np.sqrt(_counts(layout))
        share, least = 1 - optimizer.momentum, optimizer.adaptivity
        return cls(lambda _own, memory: np.minimum(most, rate * share * memory / least), optimizer.momentum)


def rounding(study: Study, layout: ModelLayout, model: Buffers) -> Lengths:
    """``(A,)`` how far two equal models may lie apart because each was rounded on its way."""
    names = float_names(layout)
    if study.federation.precision == "fp32":
        return np.zeros(len(names))
    arrays = layout.unpack(model)
    return np.array([_BF16 * _length(arrays[name].ravel()) for name in names])


def whole(lengths: Lengths) -> float:
    """The length over all arrays."""
    return math.sqrt(float((lengths**2).sum()))


def _adam_reach(momentum: float, second_momentum: float) -> float:
    """The most that a weight moves, in learning rates, when its change is the same in every round."""
    rounds = np.arange(1, 1000)
    squared = 1 - second_momentum**rounds
    return float(((1 - momentum**rounds) / np.sqrt(np.maximum(squared, 1e-12))).max())


def _counts(layout: ModelLayout) -> Lengths:
    return np.array([stop - start for spec, start, stop in layout.places() if spec.dtype == FLOAT], dtype=np.float64)


def _length(values: NDArray[np.float32]) -> float:
    flat = values.astype(np.float32, copy=False)
    squared = float(np.dot(flat, flat))
    return math.sqrt(squared) if math.isfinite(squared) else _long_length(flat)


def _long_length(values: NDArray[np.float32]) -> float:
    """The length of values whose squares overflow."""
    return float(np.linalg.norm(values.astype(np.float64)))
