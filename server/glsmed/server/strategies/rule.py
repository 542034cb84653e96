"""The interface of every aggregation rule. A rule sees a model stretch by stretch, so memory does not grow with it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
Weights = NDArray[np.float64]

_ROUNDING = 1e-9  # of factors in float64 whose sum should be 1


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """What is known of one update that counts.

    Attributes:
        site: its name.
        cells: labelled cells that it was trained on.
        patients: with a labelled cell.
        steps: gradient steps.
        norm: L2 norm of its change over all shared arrays.
        staleness: rounds between the model that it was trained from and the present one; 0 for an update in time.
        label_quality: from 0 to 1, see :mod:`glsmed.server.strategies.site_weights`; None where the site tells none.
    """

    site: str
    cells: int
    patients: int
    steps: int
    norm: float
    staleness: int = 0
    label_quality: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of B parameters of the model, as S sites changed it; the sites are in the order of their names.

    Attributes:
        base: ``(B,)`` the model before the round.
        updates: ``(S, B)`` the models of the sites; of a late one its base plus its change is put here.
        weights: ``(S,)`` as :meth:`AggregationRule.weights` gave them; they sum to 1.
        facts: of the same S updates.
        state: ``(B,)`` arrays that the rule keeps from round to round, by name; a rule changes them in place.
        sites: that take part in the study, whether or not they are in this round; at least S.
    """

    base: Values
    updates: Values
    weights: Weights
    facts: Sequence[UpdateFacts]
    state: Mapping[str, Values] = field(default_factory=dict)
    sites: int = 1


class AggregationRule(ABC):
    """Base of all rules; a rule sees only updates that passed all checks, and has no state but in ``Block.state``.

    Attributes:
        state_arrays: what each array of the state is filled with before the first round. They belong to the
            checkpoint.
        sent_state: those of them that go to the sites beside the model.
    """

    state_arrays: Mapping[str, float] = {}
    sent_state: tuple[str, ...] = ()

    @abstractmethod
    def weights(self, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)`` how much each update counts, at least 0 and with the sum 1; published in the round's record."""

    @abstractmethod
    def merge(self, block: Block) -> Values:
        """``(B,)`` the next model of this stretch."""


def weighted_sum(updates: Values, base: Values, factors: Weights) -> Values:
    """``(B,)`` base plus the changes (update less base) times ``factors`` ``(S,)``, at the speed of memory.

    One product of BLAS in float32: its error is that of rounding, about 1e-7 of the weights. Factors with the sum 1
    are rounded so that they keep it: what is the same at all sites does not drift from round to round.
    """
    rounded, rest = factors.astype(np.float32), 1 - factors.sum()
    if abs(rest) < _ROUNDING:
        rounded[rounded.argmax()] += 1 - rounded.sum(dtype=np.float64)
        return rounded @ updates
    merged: Values = rounded @ updates
    merged += np.float32(rest) * base
    return merged
