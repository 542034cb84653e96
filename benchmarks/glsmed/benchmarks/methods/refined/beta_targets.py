"""Doubt as a distribution: a wording stands for many patients, and the finding is more likely in some than in others.

With the mean as a soft target, every examination of a wording is taught the same probability. Here the image may say
more: the wording's posterior is a count of cases, and the network's probability is the mean of a Beta distribution.
"""

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.gls import SiteGls
from glsmed.benchmarks.methods.method import ExaminationBatch, weighted_mean
from glsmed.shared.smoothing import soft_target_loss

_CONCENTRATION = 1.0  # of the network's Beta distribution: wide, so that an image may differ from its wording
_MOST_CASES = 200.0
_LEAST_MEAN, _LEAST_SPREAD = 1e-3, 1e-3
_TINY = 1e-30  # keeps the slope of log-gamma at 0 finite


class BetaWithOnes(SiteGls):
    """Two outputs of one network, whose mean is the answer: one learns as U-Ones does, one by the Beta-binomial loss.

    Doubt as present ranks well where few gold labels say what a wording means, but makes a model too sure of itself;
    the Beta-binomial loss is the reverse. The posteriors start from the prior that the hospitals share.
    """

    name = "gls-beta-ones"
    outputs = 2
    shares_cue_counts = True

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Take the labels with doubt as present, and how sure the sites are of what the words mean."""
        del targets
        self._ones = hard_targets(cells, doubted=1.0).values
        self._spread = cells.posterior_spread

    def logits(self, net: torch.nn.Module, batch: ExaminationBatch) -> Tensor:
        """``(n, K, 2)``, both with the site's offset."""
        outputs: Tensor = net(batch.images).view(len(batch.rows), -1, self.outputs)
        return outputs + batch.offsets[..., None]

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """The mean of both losses."""
        ones = soft_target_loss(logits[..., 0], self._ones[batch.rows], batch.weights)
        beta = beta_binomial_loss(logits[..., 1], batch.targets, self._spread[batch.rows])
        return (ones + weighted_mean(beta, batch.weights)) / 2

    def answer(self, outputs: Tensor) -> Tensor:
        """The mean of both."""
        return outputs.view(len(outputs), -1, self.outputs).mean(-1)


def beta_binomial_loss(logits: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """``(n, K)`` -log P(k of m cases | Beta(p, 1 - p)), p the network's probability, less what does not depend on p.

    A target of this mean and standard deviation is worth ``m = mean (1 - mean) / spread^2 - 1`` cases, at least 1 and
    at most 200, ``k = m mean`` of them with the finding; a certain target, 0 or 1, is one case, and its loss is
    cross-entropy. Divided by how much more m cases tell of p than one does, ``2m / (m + 1)``.
    """
    certain = (mean <= 0) | (mean >= 1)
    inside = mean.clamp(_LEAST_MEAN, 1 - _LEAST_MEAN)
    worth = (inside * (1 - inside) / spread.clamp_min(_LEAST_SPREAD).square() - 1).clamp(1, _MOST_CASES)
    cases = torch.where(certain, 1.0, worth)
    present = cases * torch.where(certain, mean, inside)
    told = cases * (_CONCENTRATION + 1) / (cases + _CONCENTRATION)
    return -(_log_rising(logits, present) + _log_rising(-logits, cases - present)) / told


def _log_rising(logits: Tensor, count: Tensor) -> Tensor:
    """``log Gamma(count + a) / Gamma(a)`` of a = concentration times the logit's probability."""
    share = (_CONCENTRATION * logits.sigmoid()).clamp_min(_TINY)
    return torch.lgamma(count + share) - torch.lgamma(share)
