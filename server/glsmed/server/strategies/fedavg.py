"""FedAvg (McMahan et al., AISTATS 2017, algorithm 1)."""

from collections.abc import Sequence

import numpy as np

from glsmed.server.strategies.rule import AggregationRule, Block, Floats, UpdateFacts, Weights


class FedAvg(AggregationRule):
    """The mean of the sites' models weighted by training cells."""

    def weights(self, facts: Sequence[UpdateFacts], *, round_number: int) -> Weights:  # noqa: ARG002  # the same in every round
        """Each site's share of all cells."""
        cells = np.array([one.cells for one in facts], dtype=np.float64)
        return np.asarray(cells / cells.sum())

    def merge(self, block: Block) -> Floats:
        """The weighted mean."""
        mean: Floats = block.weights.astype(np.float32) @ block.updates
        return mean
