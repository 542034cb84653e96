"""U-Ones with label smoothing regularisation: doubt is a random number between 0.55 and 0.85."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import Method
from glsmed.benchmarks.simulator.hospital_data import UNCERTAIN

_LOW, _HIGH = 0.55, 0.85


class UOnesLsr(Method):
    """Pham et al., Neurocomputing 2021 (arXiv 1911.06475): u is drawn from U(0.55, 0.85), once per cell."""

    name = "u-ones-lsr"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones as drawn."""
        plain = hard_targets(cells, doubted=1.0)
        drawn = _LOW + (_HIGH - _LOW) * torch.rand(plain.values.shape, generator=generator)
        return Targets(torch.where(cells.state == UNCERTAIN, drawn, plain.values), plain.weights)
