"""U-SelfTrained: a first model, trained without the doubted findings, labels them softly for a second."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Predict
from glsmed.benchmarks.methods.u_ignore import UIgnore
from glsmed.benchmarks.simulator.hospital_data import UNCERTAIN


class USelfTrained(UIgnore):
    """Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Self-training": soft labels of a U-Ignore model.

    It trains two networks one after the other and answers with the second. What costs as much training is an ensemble
    of two U-Ignore networks, which is its control, though that answers with both.
    """

    name = "u-self-trained"

    def second_stage(self, predict: Predict, cells: Cells) -> Targets:
        """The first model's probabilities where the words doubt."""
        plain = self.targets(cells, torch.Generator())
        doubted = cells.state == UNCERTAIN
        return Targets(
            torch.where(doubted, predict().sigmoid(), plain.values), torch.where(doubted, 1.0, plain.weights)
        )
