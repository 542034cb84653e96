"""SCAFFOLD's side of the centre (Karimireddy et al., ICML 2020, algorithm 1, option II).

The centre keeps c, its estimate of the gradient of all sites, and sends it beside the model; a site keeps its own c_i
and corrects each step by c - c_i. After K steps of learning rate h the site's new estimate is
c_i + (x - y_i) / (K h) - c. Its change, (x - y_i) / (K h) - c, follows from the model y_i that the site sends: so the
centre computes it, and nothing but the model travels back.
"""

import numpy as np

from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.rule import Block, Values
from glsmed.server.strategies.site_weights import SiteWeights, by_cells

CONTROL = "control"


class ControlVariates(MeanRule):
    """The mean of the models, and beside it c moved by the sum of the sites' changes over the number of all sites.

    Args:
        weigh: how much each site's model counts.
        learning_rate: of the sites' plain gradient steps.
    """

    sent_state = (CONTROL,)

    def __init__(self, weigh: SiteWeights = by_cells, *, learning_rate: float) -> None:
        super().__init__(weigh)
        self.state_arrays = {CONTROL: 0.0}
        self._learning_rate = learning_rate

    def merge(self, block: Block) -> Values:
        """``(B,)``; see the class."""
        per_step = np.array([1 / (one.steps * self._learning_rate * block.sites) for one in block.facts], np.float32)
        control = block.state[CONTROL]
        control *= np.float32(1 - len(block.facts) / block.sites)
        control += per_step @ (block.base - block.updates)
        return super().merge(block)
