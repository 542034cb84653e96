"""GLS with negative rates only where a site's own gold says that they help."""

from collections.abc import Sequence

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import TryOut
from glsmed.benchmarks.methods.negative_gls import NegativeGls
from glsmed.benchmarks.methods.site_gls import SiteGls
from glsmed.client.learning.gold_gate import LEAST_GOLD, MIXINGS, GateDecision, decide_mixing
from glsmed.client.learning.output_calibration import cross_fitted_losses

_EPOCHS_AFTER_WARM_UP = 5  # as the client's gate has rounds


class GatedGls(NegativeGls):
    """``gls-negative`` behind the gold gate: per site and finding.

    As :mod:`glsmed.client.evaluation.negative_rate_gate` decides.

    A site trains one short model for each mixing on its own studies and compares them on gold that none has seen. The
    client takes its validation split's gold; here gold is among the training studies, so every second gold study is
    held out while the gate decides. Where the gate says no, targets are those of ``gls-site``, bit for bit.
    """

    name = "gls-gated"

    def prepare(self, cells: Cells, sites: Sequence[str], try_out: TryOut) -> None:
        """Ask the gate of each site."""
        self._mixing = torch.zeros(len(sites), cells.gold.shape[1])
        for number, site in enumerate(sites):
            decisions = self._decide(cells, number, try_out)
            self._mixing[number] = torch.tensor([decision.mixing for decision in decisions])
            self.notes += [f"{site}, finding {place}: {one.reason}" for place, one in enumerate(decisions)]

    def mixing_at(self, site: int) -> Tensor:
        """``(K,)``, as the gate decided."""
        return self._mixing[site]

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Stretched where the gate says yes, the site's posteriors elsewhere."""
        plain = SiteGls.targets(self, cells, generator)
        stretched = super().targets(cells, generator)
        return Targets(torch.where(self._mixing[cells.site] > 0, stretched.values, plain.values), plain.weights)

    def _decide(self, cells: Cells, site: int, try_out: TryOut) -> list[GateDecision]:
        """The decision for each finding."""
        held = held_out_gold(cells, site)
        known = ~torch.isnan(cells.gold[held])
        losses = {0.0: torch.zeros(known.shape)}
        if int(known.sum(0).max()) >= LEAST_GOLD:  # else no finding has enough, whatever the losses
            losses = {mixing: self._losses(cells, site, held, mixing, try_out) for mixing in MIXINGS}
        return [
            decide_mixing({mixing: values[known[:, place], place] for mixing, values in losses.items()})
            for place in range(known.shape[1])
        ]

    def _losses(self, cells: Cells, site: int, held: Tensor, mixing: float, try_out: TryOut) -> Tensor:
        """``(n, K)`` log-losses on the held-out gold after a short training without it, through a map of that gold."""
        method = NegativeGls(guard=self.guard, mixing=mixing)
        targets = method.targets(cells, torch.Generator())
        seen = torch.ones(len(cells.gold), 1).index_fill(0, held, 0.0)
        epochs = self.guard.warm_up_rounds + _EPOCHS_AFTER_WARM_UP
        logits = try_out(method, Targets(targets.values, targets.weights * seen), site, epochs)
        findings = [str(place) for place in range(logits.shape[1])]
        return cross_fitted_losses(logits[held], cells.gold[held], findings, kind="platt")


def held_out_gold(cells: Cells, site: int) -> Tensor:
    """``(n,)`` rows of every second study of the site with gold."""
    with_gold = ~torch.isnan(cells.gold).all(1) & (cells.site == site)
    return with_gold.nonzero().squeeze(1)[1::2]
