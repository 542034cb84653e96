"""GLS with negative rates: the site's posteriors stretched to unbiased targets, under the guards."""

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Batch
from glsmed.benchmarks.methods.site_gls import SiteGls
from glsmed.client.learning.corrections import unbiased_targets
from glsmed.client.learning.negative_rates import NegativeRateGuard
from glsmed.shared.smoothing import rates_from_probability, smoothed_targets, soft_target_loss


class NegativeGls(SiteGls):
    """Unbiased targets per site, always on: see :func:`glsmed.client.learning.corrections.unbiased_targets`."""

    name = "gls-negative"

    def __init__(self, *, guard: NegativeRateGuard | None = None, mixing: float = 1.0) -> None:
        super().__init__()
        self.guard = guard or NegativeRateGuard()
        self.mixing = mixing

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Posteriors stretched away from each site's base rate, bounded by the guard's cap; gold stays."""
        plain = super().targets(cells, generator)
        from_words = torch.where(torch.isnan(cells.gold), plain.weights, 0.0)
        values = plain.values.clone()
        for number in range(int(cells.site.max()) + 1):
            rows = cells.site == number
            values[rows] = unbiased_targets(plain.values[rows], from_words[rows], mixing=self.mixing_at(number))
        labels, rates = rates_from_probability(values)
        return Targets(smoothed_targets(labels, rates.clamp_min(-self.guard.cap)), plain.weights)

    def mixing_at(self, site: int) -> Tensor | float:
        """How far the site's targets are stretched, a number or ``(K,)`` in [0, 1]."""
        del site
        return self.mixing

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """With targets held to [0, 1] in the warm-up, and the logit limit afterwards."""
        if batch.epoch < self.guard.warm_up_rounds:
            return soft_target_loss(logits, batch.targets.clamp(0, 1), batch.weights)
        return soft_target_loss(logits, batch.targets, batch.weights, logit_limit=self.guard.logit_limit)
