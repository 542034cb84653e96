"""How much each site's update counts in a mean.

Cells: McMahan et al., Communication-efficient learning of deep networks from decentralized data, AISTATS 2017. Label
quality: with labels that are wrong with probability e on either side, a label teaches as much as (1 - 2e)^2 certain
ones (Natarajan et al., Learning with noisy labels, NeurIPS 2013, show the factor 1 - 2e in the gradient). An update
that is s rounds late counts (1 + s)^-1/2 times (Xie et al., Asynchronous federated optimization, 2019, section 5.1).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.server.strategies.rule import UpdateFacts, Weights

_STALENESS_POWER = 0.5
_FEWEST_FOR_A_CAP = 3
_ROUNDING = 1e-9
_LEAST = np.finfo(np.float64).tiny

SiteWeights = Callable[[Sequence[UpdateFacts]], Weights]


def by_cells(facts: Sequence[UpdateFacts]) -> Weights:
    """``(S,)`` in proportion to labelled cells."""
    return _shares([one.cells for one in facts], facts)


def by_patients(facts: Sequence[UpdateFacts]) -> Weights:
    """``(S,)`` in proportion to patients with a labelled cell."""
    return _shares([one.patients for one in facts], facts)


@dataclass(frozen=True, slots=True)
class ByLabelQuality:
    """In proportion to cells times a factor for the quality of the site's labels, between ``least`` and ``most``.

    The quality q is the mean probability that the labels give to the truth, averaged over the two classes: 0.5 tells
    nothing, 1 all. The factor is (2q - 1)^2 over its mean at the sites that tell theirs; 1 at a site that does not.
    """

    least: float
    most: float

    def __call__(self, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)``; see the class."""
        worth = [None if one.label_quality is None else _worth(one.label_quality) for one in facts]
        known = [one for one in worth if one is not None]
        mean = sum(known) / len(known) if known else 0.0
        factors = [1.0 if one is None or mean == 0 else min(max(one / mean, self.least), self.most) for one in worth]
        return _shares([one.cells * factor for one, factor in zip(facts, factors, strict=True)], facts)


@dataclass(frozen=True, slots=True)
class Capped:
    """The weights of another rule, no site of three or more with more than ``most`` of the whole.

    What a site would have beyond it goes to the others in proportion. With one or two sites a cap would make them
    count alike, so there is none.
    """

    weigh: SiteWeights
    most: float

    def __call__(self, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)``; see the class."""
        return capped(self.weigh(facts), self.most)

    def over(self, facts: Sequence[UpdateFacts]) -> list[str]:
        """The sites that count less than they would without the cap."""
        claimed, counted = self.weigh(facts), self(facts)
        return [one.site for one, wanted, got in zip(facts, claimed, counted, strict=True) if got < wanted]


def capped(shares: Weights, most: float) -> Weights:
    """``(S,)`` the shares with none above ``most``, or above 1 / S where ``most`` is less; the sum stays 1."""
    most = max(most, 1 / len(shares))
    is_full = np.zeros(len(shares), dtype=bool)
    while len(shares) >= _FEWEST_FOR_A_CAP and (shares[~is_full] > most * (1 + _ROUNDING)).any():
        is_full |= shares > most * (1 + _ROUNDING)
        rest = shares[~is_full]
        shares = np.where(is_full, most, shares * (1 - most * is_full.sum()) / max(rest.sum(), _LEAST))
    return shares


def alike(facts: Sequence[UpdateFacts]) -> Weights:
    """``(S,)`` the same for every site."""
    return np.full(len(facts), 1 / len(facts))


def _worth(quality: float) -> float:
    return max(0.0, 2 * quality - 1) ** 2


def _shares(amounts: Sequence[float], facts: Sequence[UpdateFacts]) -> Weights:
    lateness = np.array([(1 + one.staleness) ** -_STALENESS_POWER for one in facts])
    counted = np.asarray(amounts, dtype=np.float64) * lateness
    return np.asarray(counted / counted.sum())
