"""Generalized label smoothing: targets from the words, from the site, with the image, and with negative rates."""

from collections.abc import Sequence

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import ExaminationBatch, Method, TryOut
from glsmed.benchmarks.simulator.hospital_data import UNMENTIONED
from glsmed.client.learning.corrections import unbiased_targets
from glsmed.client.learning.gold_gate import LEAST_GOLD, MIXINGS, GateDecision, decide_mixing
from glsmed.client.learning.image_informed import image_informed_targets
from glsmed.client.learning.negative_rates import NegativeRateGuard
from glsmed.client.learning.output_calibration import cross_fitted_losses
from glsmed.shared.protocol.study import DEFAULT_IMAGE_SHARE
from glsmed.shared.smoothing import rates_from_probability, smoothed_targets, soft_target_loss, weights_from_spread


class LexiconGls(Method):
    """GLS with the adapter's own probabilities: what the words mean in general.

    The target of a cell is P(finding | words) of the adapter file, a smoothing rate of 0 or more.
    """

    name = "gls-lexicon"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """The adapter's probabilities; unmentioned findings masked."""
        del generator
        return Targets(cells.probability, (cells.state != UNMENTIONED).float())


class LexiconGlsEnsemble(LexiconGls):
    """Two networks, the baseline for methods that train two."""

    name = "gls-lexicon-ensemble"
    networks = 2


class SiteGls(Method):
    """GLS with the site's posterior: what the words mean at this site, as its gold labels say.

    The target of a cell is the mean of its posterior; this is the recipe.
    """

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


class ImageInformedGls(LexiconGls):
    """GLS without gold: the words' targets, moved towards what words and image say together.

    See :mod:`glsmed.client.learning.image_informed`; the base rate is the site's offset.
    """

    name = "gls-image-informed"

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Cross-entropy with targets of this step's own."""
        targets = image_informed_targets(logits, batch.targets, batch.offsets, torch.tensor(DEFAULT_IMAGE_SHARE))
        return soft_target_loss(logits, targets, batch.weights)


class NegativeGls(SiteGls):
    """GLS with negative rates: the site's posteriors stretched to unbiased targets, under the guards.

    Unbiased targets per site, always on: see :func:`glsmed.client.learning.corrections.unbiased_targets`.
    """

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

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """With targets held to [0, 1] in the warm-up, and the logit limit afterwards."""
        if batch.epoch < self.guard.warm_up_rounds:
            return soft_target_loss(logits, batch.targets.clamp(0, 1), batch.weights)
        return soft_target_loss(logits, batch.targets, batch.weights, logit_limit=self.guard.logit_limit)


_EPOCHS_AFTER_WARM_UP = 5  # as the client's gate has rounds


class GatedGls(NegativeGls):
    """GLS with negative rates only where a site's own gold says that they help.

    ``gls-negative`` behind the gold gate, by site and finding, as in
    :mod:`glsmed.client.evaluation.negative_rate_gate`.

    A site trains one short model for each mixing on its own examinations and compares them on gold that none has seen.
    The client takes its validation split's gold; here gold is among the training examinations, so every second
    examination with gold is held out while the gate decides. Where the gate says no, targets are those of ``gls-site``,
    bit for bit.
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
    """``(n,)`` rows of every second examination of the site with gold."""
    with_gold = ~torch.isnan(cells.gold).all(1) & (cells.site == site)
    return with_gold.nonzero().squeeze(1)[1::2]
