"""Uniform label smoothing: the same rate for every label, whatever the words."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import Method
from glsmed.shared.smoothing import smoothed_targets

RATE = 0.2


class LabelSmoothing(Method):
    """Szegedy et al., CVPR 2016, on U-Ones labels; the rate 0.2 is in the grid of Wei et al. (ICML 2022)."""

    name = "ls"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """0.9 and 0.1 for 1 and 0."""
        del generator
        plain = hard_targets(cells, uncertain=1.0)
        return Targets(smoothed_targets(plain.values, torch.full_like(plain.values, RATE)), plain.weights)
