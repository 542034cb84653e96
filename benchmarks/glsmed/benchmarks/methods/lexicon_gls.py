"""GLS with the adapter's own probabilities: what the words mean in general."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Method
from glsmed.benchmarks.simulator.hospital_data import UNMENTIONED


class LexiconGls(Method):
    """The target of a cell is P(finding | words) of the adapter file, a smoothing rate of 0 or more."""

    name = "gls-lexicon"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """The adapter's probabilities; unmentioned findings masked."""
        del generator
        return Targets(cells.probability, (cells.state != UNMENTIONED).float())


class LexiconGlsEnsemble(LexiconGls):
    """Two networks, the baseline for methods that train two."""

    name = "gls-lexicon-ensemble"
    networks = 2
