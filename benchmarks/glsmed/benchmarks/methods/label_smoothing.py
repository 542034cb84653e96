"""Uniform label smoothing: the same rate for every label, whatever the words."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Method
from glsmed.shared.smoothing import smoothed_targets

RATE = 0.2
OTHER_RATE = 0.4


class LabelSmoothing(Method):
    """Szegedy et al., CVPR 2016, on plain labels; the rates are in the grid of Wei et al. (ICML 2022)."""

    name = "ls"

    def __init__(self, *, rate: float = RATE, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self.rate = rate

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """0.9 and 0.1 for 1 and 0, at the rate 0.2."""
        plain = super().targets(cells, generator)
        return Targets(smoothed_targets(plain.values, torch.full_like(plain.values, self.rate)), plain.weights)


class UOnesLabelSmoothing(LabelSmoothing):
    """Uniform smoothing at 0.2 with doubt counted as present, not tuned."""

    name = "u-ones-ls"

    def __init__(self) -> None:
        super().__init__(rate=RATE, doubted=1.0)
