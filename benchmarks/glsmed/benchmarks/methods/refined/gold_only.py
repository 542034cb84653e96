"""What gold labels teach by themselves, without any report."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Method


class GoldOnly(Method):
    """Only examinations with gold are trained on, over and over until a pass is as long as that of other methods.

    With gold for every examination this is the ceiling: what the truth itself teaches.
    """

    name = "gold-only"
    only_labelled = True

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """The gold; all else is masked."""
        del generator
        return Targets(cells.gold.nan_to_num(0.0), (~torch.isnan(cells.gold)).float())
