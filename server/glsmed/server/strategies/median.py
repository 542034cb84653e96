"""The median of each parameter (Yin et al., Byzantine-robust distributed learning, ICML 2018, algorithm 1, option I).

With three to eight hospitals it holds out against a minority whose updates are wild. It also leaves out what only a
minority has seen, so it costs accuracy where hospitals differ.
"""

from collections.abc import Sequence

from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts, Values, Weights
from glsmed.server.strategies.site_weights import alike
from glsmed.server.strategies.sorting import mean_of_middle


class Median(AggregationRule):
    """For each parameter, the median over sites; of an even number, the mean of the two in the middle."""

    def weights(self, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)`` the same for every site."""
        return alike(facts)

    def merge(self, block: Block) -> Values:
        """``(B,)``; see the class."""
        return mean_of_middle(block.updates, left_out=(len(block.updates) - 1) // 2)
