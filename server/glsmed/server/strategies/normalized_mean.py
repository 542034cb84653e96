"""FedNova: changes count by step (Wang et al., Tackling the objective inconsistency problem, NeurIPS 2020).

A site that took more steps has a larger change, and would pull the mean towards its own optimum. So each change is
divided by its effective steps a, and the mean is taken times the mean of these (equation 8 of the paper). Where all
sites take the same number of steps, as they do unless one could not, it is the plain mean.
"""

from collections.abc import Sequence

import numpy as np

from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.rule import UpdateFacts, Weights
from glsmed.server.strategies.site_weights import SiteWeights, by_cells


class NormalizedMean(MeanRule):
    """The mean of changes divided by their effective steps.

    Args:
        weigh: how much each site counts.
        momentum: of the sites' gradient steps; 0 for plain ones, and for AdamW, whose steps count as plain.
    """

    def __init__(self, weigh: SiteWeights = by_cells, *, momentum: float = 0.0) -> None:
        super().__init__(weigh)
        self._momentum = momentum

    def factors(self, weights: Weights, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)``; see the module."""
        steps = np.array([effective_steps(one.steps, momentum=self._momentum) for one in facts])
        return np.asarray(weights * (weights @ steps) / steps)


def effective_steps(steps: int, *, momentum: float) -> float:
    """How many plain steps so many with momentum amount to: the sum of (1 - m^k) / (1 - m) for k = 1 … steps."""
    past = momentum * (1 - momentum**steps) / (1 - momentum)
    return (steps - past) / (1 - momentum)
