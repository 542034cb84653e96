"""How far models lie apart, layer by layer, and how far the model of the centre may move in a round.

All lengths are L2 norms of one layer, weight and bias together: those of a few values alone scatter. A site knows no
update but its own; how far the mean of all moves follows from that: never farther than the longest update, and in most
rounds less than any.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import FLOAT, Arrays, Buffers, ModelLayout

Lengths = NDArray[np.float64]  # (L,) one for each layer, in the order of the manifest

_MOST_GROWTH = 8.0  # an own update counts as at most so many times the shortest so far
_BF16 = 2.0**-8  # relative error of a value that is rounded to bf16, twice


def distances(layout: ModelLayout, one: Buffers, other: Buffers) -> Lengths:
    """``(L,)`` how far two models lie apart."""
    places = [(start, stop) for spec, start, stop in layout.places() if spec.dtype == FLOAT]
    return _by_layer(layout, (one[FLOAT][start:stop] - other[FLOAT][start:stop] for start, stop in places))


def own_lengths(layout: ModelLayout, before: Buffers, after: Arrays) -> Lengths:
    """``(L,)`` how far training moved a model."""
    start_of = layout.unpack(before)
    return _by_layer(layout, (after[name] - start_of[name] for name in _names(layout)))


def layer_names(layout: ModelLayout) -> list[str]:
    """The layers that lengths are about."""
    return list(dict.fromkeys(_layer(name) for name in _names(layout)))


def counted(own: Lengths, least: Lengths | None) -> Lengths:
    """``(L,)`` an own update as far as it counts.

    A model that was made for it can drive a site's update to any length; so it counts only up to some multiple of the
    shortest so far. What was not trained so far, 0, has no shortest.
    """
    if least is None:
        return own
    return np.where(least > 0, np.minimum(own, _MOST_GROWTH * least), own)


def shortest(own: Lengths, least: Lengths | None) -> Lengths:
    """``(L,)`` the shortest own update so far, of those that moved the array at all."""
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
    """``(L,)`` how far two equal models may lie apart because each was rounded on its way."""
    if study.federation.precision == "fp32":
        return np.zeros(len(layer_names(layout)))
    arrays = layout.unpack(model)
    return _BF16 * _by_layer(layout, (arrays[name] for name in _names(layout)))


def whole(lengths: Lengths) -> float:
    """The length over all arrays."""
    return math.sqrt(float((lengths**2).sum()))


def _adam_reach(momentum: float, second_momentum: float) -> float:
    """The most that a weight moves, in learning rates, when its change is the same in every round."""
    rounds = np.arange(1, 1000)
    squared = 1 - second_momentum**rounds
    return float(((1 - momentum**rounds) / np.sqrt(np.maximum(squared, 1e-12))).max())


def _counts(layout: ModelLayout) -> Lengths:
    """``(L,)`` values of each layer."""
    return _by_layer(layout, (np.ones(1) * np.sqrt(size) for size in _sizes(layout))) ** 2


def _sizes(layout: ModelLayout) -> list[int]:
    return [stop - start for spec, start, stop in layout.places() if spec.dtype == FLOAT]


def _names(layout: ModelLayout) -> list[str]:
    return [spec.name for spec in layout.manifest.arrays if spec.dtype == FLOAT]


def _layer(name: str) -> str:
    """The layer of an array: what its name says before the last dot."""
    return name.rpartition(".")[0] or name


def _by_layer(layout: ModelLayout, arrays: Iterable[NDArray[np.floating[Any]]]) -> Lengths:
    """``(L,)`` lengths of arrays in the order of the manifest, those of a layer together."""
    places = {name: place for place, name in enumerate(layer_names(layout))}
    squares = np.zeros(len(places))
    for name, array in zip(_names(layout), arrays, strict=True):
        squares[places[_layer(name)]] += _square(array.ravel())
    return np.sqrt(squares)


def _square(values: NDArray[np.floating[Any]]) -> float:
    with np.errstate(over="ignore"):
        squared = float(np.dot(values, values))
    return squared if math.isfinite(squared) else float(np.square(values, dtype=np.float64).sum())
