"""U-Ones: a doubted finding counts as present."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import Method


class UOnes(Method):
    """Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Binary mapping"."""

    name = "u-ones"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones as 1."""
        del generator
        return hard_targets(cells, doubted=1.0)


class UOnesEnsemble(UOnes):
    """Two networks, the baseline for methods that train two on these labels."""

    name = "u-ones-ensemble"
    networks = 2
