"""GLS with the site's posterior: what the words mean at this site, as its gold labels say."""

import torch

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Method
from glsmed.benchmarks.simulator.hospital_data import UNMENTIONED
from glsmed.shared.smoothing import weights_from_spread


class SiteGls(Method):
    """The target of a cell is the mean of its posterior; this is the recipe."""

    name = "gls-site"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """The sites' posteriors; unmentioned findings masked."""
        del generator
        return Targets(cells.posterior, (cells.state != UNMENTIONED).float())


class SiteGlsSpread(SiteGls):
    """Each cell is weighed by how sure the site is of what its words mean."""

    name = "gls-site-spread"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """The sites' posteriors, weighed by their spread."""
        plain = super().targets(cells, generator)
        return Targets(plain.values, plain.weights * weights_from_spread(cells.posterior, cells.posterior_spread))
