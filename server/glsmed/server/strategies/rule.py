"""The interface of every aggregation rule, and what a rule sees."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """What is known of one update that passed all checks.

    Attributes:
        cells: labelled cells that the site trained on.
        patients: patients with such a cell.
        steps: gradient steps.
        norm: L2 norm of its change.
        staleness: rounds between the model that it began with and the present one; 0 if it is in time.
        gold_quality: how well the site's reports agree with its gold, from 0 to 1, where known.
    """

    site: str
    cells: int
    patients: int
    steps: int
    norm: float
    staleness: int = 0
    gold_quality: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of B parameters of the base model and of the S sites' models, in the order of the sites' names.

    Attributes:
        base: ``(B,)`` the model that the round began with.
        updates: ``(S, B)`` the sites' models.
        weights: ``(S,)`` summing to 1.
        state: ``(B,)`` arrays of the rule's own, which it changes in place; kept from round to round.
        extras: ``(S, B)`` second payloads of the sites.
    """

    base: Floats
    updates: Floats
    weights: Weights
    state: Mapping[str, Floats] = field(default_factory=dict)
    extras: Mapping[str, Floats] = field(default_factory=dict)


class AggregationRule(ABC):
    """Base of every rule; a rule sees only updates that passed all checks.

    Attributes:
        state_arrays: names of the arrays that the rule keeps beside the model; zeros at first.
        extra_payload: name of the second payload that sites send, None where there is none.
    """

    state_arrays: tuple[str, ...] = ()
    extra_payload: str | None = None

    @abstractmethod
    def weights(self, facts: Sequence[UpdateFacts], *, round_number: int) -> Weights:
        """``(S,)`` the weight of each update, summing to 1."""

    @abstractmethod
    def merge(self, block: Block) -> Floats:
        """``(B,)`` the stretch of the next model."""
