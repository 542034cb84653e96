"""What sites together say of each round, so that no single site decides: the median over sites.

A site's level (an easy or a hard hospital) is taken off first, by Tukey's median polish (Exploratory data analysis,
1977, chapter 11): value = round + site, fitted with medians in turn. It needs no site to have measured every round.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_SWEEPS = 20
_STEADY = 1e-12


def polished(scores: Mapping[int, Mapping[str, float]]) -> Mapping[int, float]:
    """What each round would have at a site of middle level; smaller is better.

    Of an even number of sites the worse of the two middle values counts, so that in a round that two measured neither
    can make it better than the other says.

    Args:
        scores: by round and site.
    """
    sites = sorted({site for own in scores.values() for site in own})
    values = np.array([[own.get(site, np.nan) for site in sites] for own in scores.values()])
    rounds, levels = np.zeros(len(values)), np.zeros(len(sites))
    for _ in range(_SWEEPS):
        before = rounds
        levels = np.nanmedian(values - rounds[:, None], axis=0)
        rounds = _upper_medians(values - levels)
        if np.abs(rounds - before).max() < _STEADY:
            break
    return dict(zip(scores, (rounds + np.median(levels)).tolist(), strict=True))


def _upper_medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(R,)`` the middle of each row of ``(R, S)`` without its NaNs; of an even number the larger of the two."""
    ordered = np.sort(values, axis=1)  # NaN comes last
    known = (~np.isnan(values)).sum(1)
    return np.asarray(ordered[np.arange(len(values)), known // 2])
