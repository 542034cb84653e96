"""The mean of the middle values of each parameter (Yin et al., Byzantine-robust distributed learning, ICML 2018)."""

from collections.abc import Sequence

from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts, Values, Weights
from glsmed.server.strategies.site_weights import alike
from glsmed.server.strategies.sorting import mean_of_middle


class TrimmedMean(AggregationRule):
    """For each parameter, the mean over sites without the ``trimmed`` lowest and highest values; all count alike.

    In a round with too few sites for that, as many are left out as leave one or two, which is the median.
    """

    def __init__(self, trimmed: int) -> None:
        self._trimmed = trimmed

    def weights(self, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)`` the same for every site."""
        return alike(facts)

    def merge(self, block: Block) -> Values:
        """``(B,)``; see the class."""
        return mean_of_middle(block.updates, left_out=min(self._trimmed, (len(block.updates) - 1) // 2))
