"""U-Ignore: a doubted finding is left out of the loss."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import Method


class UIgnore(Method):
    """Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Ignoring": the loss of that finding only is masked."""

    name = "u-ignore"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones masked."""
        del generator
        return hard_targets(cells, doubted=None)


class UIgnoreEnsemble(UIgnore):
    """Two networks, the baseline for methods that train two on these labels."""

    name = "u-ignore-ensemble"
    networks = 2
