"""How far the cues of a family, taken together, lie from their priors, in log-odds."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_TOLERANCE = 1e-10


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
    from scipy.optimize import root  # type: ignore[import-untyped]  # no types; here, for it starts slowly

    trials, successes = counts
    effective = trials * prior_strength / (trials + prior_strength)
    observed = np.divide(successes, trials, out=np.zeros_like(trials), where=trials > 0)

    def slope(shift: Floats) -> Floats:
        surplus: Floats = effective * (observed - shifted(prior_mean, shift[family]))
        return np.bincount(family, surplus, groups) - precision * shift

    def curvature(shift: Floats) -> Floats:
        expected = shifted(prior_mean, shift[family])
        return np.diag(-np.bincount(family, effective * expected * (1 - expected), groups) - precision)

    start = np.zeros(groups)
    # A step of plain Newton can overshoot where the sigmoid is flat; MINPACK's hybrid method bounds it.
    best: Floats = root(slope, start, jac=curvature, method="hybr", tol=_TOLERANCE).x if groups else start
    return best


def shifted(probability: Floats, shift: Floats) -> Floats:
    """``probability`` with ``shift`` added to its log-odds."""
    odds = np.log(probability) - np.log1p(-probability) + shift
    moved: Floats = 1 / (1 + np.exp(-odds))
    return moved
