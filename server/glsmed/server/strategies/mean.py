"""The mean of the sites' models (McMahan et al., FedAvg, AISTATS 2017, algorithm 1), and the means akin to it."""

from collections.abc import Sequence

from glsmed.server.strategies.rule import AggregationRule, Block, UpdateFacts, Values, Weights, weighted_sum
from glsmed.server.strategies.site_weights import SiteWeights, by_cells


class MeanRule(AggregationRule):
    """The base plus the weighted mean change; a rule akin to it takes its changes times other factors."""

    def __init__(self, weigh: SiteWeights = by_cells) -> None:
        self._weigh = weigh

    def weights(self, facts: Sequence[UpdateFacts]) -> Weights:
        """``(S,)`` by cells, or by what the study says."""
        return self._weigh(facts)

    def factors(self, weights: Weights, facts: Sequence[UpdateFacts]) -> Weights:  # noqa: ARG002  # those akin need them
        """``(S,)`` what each site's change is multiplied by; here its weight."""
        return weights

    def merge(self, block: Block) -> Values:
        """``(B,)``; see the class."""
        return weighted_sum(block.updates, block.base, self.factors(block.weights, block.facts))
