"""The mean of changes none of which is longer than a bound.

Sun et al., Can you really backdoor federated learning?, 2019, section 4 (norm thresholding). With the median of the
round's norms as the bound, as clipping is chosen in Andrew et al., Differentially private learning with adaptive
clipping, NeurIPS 2021, no bound has to be known beforehand.
"""

from collections.abc import Sequence

import numpy as np

from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.rule import UpdateFacts, Weights
from glsmed.server.strategies.site_weights import SiteWeights, by_cells


class NormBoundedMean(MeanRule):
    """The mean of changes, each made shorter where its L2 norm is above the bound.

    Args:
        weigh: how much each site counts.
        bound: of the norm; None for the median of the round's norms.
    """

    def __init__(self, weigh: SiteWeights = by_cells, *, bound: float | None = None) -> None:
        super().__init__(weigh)
        self._bound = bound

    def factors(self, weights: Weights, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)``; see the class."""
        norms = np.array([one.norm for one in facts])
        bound = np.median(norms) if self._bound is None else self._bound
        return np.asarray(weights * np.minimum(1.0, bound / np.maximum(norms, np.finfo(np.float64).tiny)))
