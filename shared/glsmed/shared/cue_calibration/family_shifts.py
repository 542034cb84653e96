"""How far the cues of a family, taken together, lie from their priors, in log-odds."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_NEWTON_STEPS = 20
_LONGEST_STEP = 2.0
_SHORTEST_STEP = 1e-9


def family_shifts(
    prior_mean: Floats,
    prior_strength: Floats,
    family: Integers,
    counts: tuple[Floats, Floats],
    *,
    groups: int,
    precision: float,
) -> Floats:
    """``(G,)`` the most likely shift of each family, under a normal prior around 0.

    A cue contributes at most its prior strength to its family's shift; further labels inform only the cue.

    Args:
        prior_mean: ``(C,)`` in (0, 1).
        prior_strength: ``(C,)`` how many labels each prior is worth.
        family: ``(C,)`` the index of each cue's family, in [0, G).
        counts: trials ``(C,)`` and successes ``(C,)``.
        groups: G.
        precision: of the normal prior (1 / variance).
    """
    trials, successes = counts
    effective = trials * prior_strength / (trials + prior_strength)
    observed = np.divide(successes, trials, out=np.zeros_like(trials), where=trials > 0)
    shift = np.zeros(groups)
    for _ in range(_NEWTON_STEPS):
        expected = shifted(prior_mean, shift[family])
        slope = np.bincount(family, effective * (observed - expected), groups) - precision * shift
        curve = np.bincount(family, effective * expected * (1 - expected), groups) + precision
        step = np.clip(slope / curve, -_LONGEST_STEP, _LONGEST_STEP)
        shift += step
        if np.abs(step).max(initial=0.0) < _SHORTEST_STEP:
            break
    return shift


def shifted(probability: Floats, shift: Floats) -> Floats:
    """``probability`` with ``shift`` added to its log-odds."""
    odds = np.log(probability) - np.log1p(-probability) + shift
    moved: Floats = 1 / (1 + np.exp(-odds))
    return moved
