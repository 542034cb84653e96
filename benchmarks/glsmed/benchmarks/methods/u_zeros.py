"""U-Zeros: a doubted finding counts as absent."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import Method


class UZeros(Method):
    """Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Binary mapping"."""

    name = "u-zeros"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones as 0."""
        del generator
        return hard_targets(cells, doubted=0.0)
