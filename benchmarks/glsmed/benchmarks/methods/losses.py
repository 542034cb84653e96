"""Losses that forgive wrong labels: robust ones, corrected ones, and ones that remember."""

import math

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import ExaminationBatch, Method, weighted_mean
from glsmed.shared.smoothing import smoothed_targets, soft_target_loss

SCE_CIFAR_10 = (0.1, 1.0)  # alpha and beta in the authors' code
SCE_CIFAR_100 = (6.0, 0.1)
_LOG_ZERO = math.log(1e-4)  # log 0 is clamped, as in the authors' code


class SymmetricCrossEntropy(Method):
    """Symmetric cross-entropy: the usual one plus the reverse.

    Wang et al., ICCV 2019 (arXiv 1908.06112), section 3, per finding with K = 2, on plain labels.
    """

    name = "sce"

    def __init__(self, *, alpha_beta: tuple[float, float] = SCE_CIFAR_10, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self.alpha, self.beta = alpha_beta

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """The loss alpha CE + beta RCE, RCE = -sum_k p_k log t_k with log 0 = log 1e-4."""
        probability = logits.sigmoid()
        log_one = batch.targets.clamp_min(1e-4).log().clamp_min(_LOG_ZERO)
        log_zero = (1 - batch.targets).clamp_min(1e-4).log().clamp_min(_LOG_ZERO)
        reverse = -(probability * log_one + (1 - probability) * log_zero)
        usual = soft_target_loss(logits, batch.targets, batch.weights)
        return self.alpha * usual + self.beta * weighted_mean(reverse, batch.weights)


GCE_Q = 0.7  # in the paper and the authors' code


class GeneralizedCrossEntropy(Method):
    """Generalised cross-entropy: between cross-entropy (q = 0) and mean absolute error (q = 1).

    Zhang and Sabuncu, NeurIPS 2018 (arXiv 1805.07836), equation 6, per finding, on plain labels; not truncated.
    """

    name = "gce"

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """(1 - p_y^q)/q."""
        probability = logits.sigmoid()
        of_label = batch.targets * probability + (1 - batch.targets) * (1 - probability)
        return weighted_mean((1 - of_label.clamp_min(1e-6) ** GCE_Q) / GCE_Q, batch.weights)


_PRIOR_ERRORS, _PRIOR_WEIGHT = 0.05, 20.0  # before any gold: 5 % of labels are wrong, worth 20 labels
_MOST = 0.45


class ForwardCorrection(Method):
    """Forward correction: the model's probability goes through each finding's 2 x 2 noise matrix before the loss.

    Patrini et al., CVPR 2017 (arXiv 1609.03683), theorem 2, on plain labels.

    The noise matrix of a finding is counted on the sites' gold; without gold a symmetric error of 5 % is assumed. The
    counts need the words of gold cells, so these come as they were read, before gold replaced them.
    """

    name = "forward"

    def __init__(self, *, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self._read: Cells | None = None

    def as_read(self, cells: Cells) -> None:
        """Take the cells before gold is among them."""
        self._read = cells

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Estimate the errors of each finding: P(1 | truth 0) and P(0 | truth 1)."""
        del targets
        read = self._read or cells
        labels = hard_targets(read, doubted=self.doubted)
        known = (labels.weights > 0) & ~torch.isnan(read.gold)
        self._is_gold = ~torch.isnan(cells.gold)
        self._false_positive = _error_rate(known & (read.gold == 0), labels.values == 1)
        self._false_negative = _error_rate(known & (read.gold == 1), labels.values == 0)

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """-log of the label's probability after the noise; gold cells have no noise."""
        probability = logits.sigmoid()
        noisy = probability * (1 - self._false_negative) + (1 - probability) * self._false_positive
        said = torch.where(self._is_gold[batch.rows], probability, noisy).clamp(1e-6, 1 - 1e-6)
        cells = -(batch.targets * said.log() + (1 - batch.targets) * (1 - said).log())
        return weighted_mean(cells, batch.weights)


def _error_rate(cases: Tensor, wrong: Tensor) -> Tensor:
    """``(K,)`` shares, drawn to the prior."""
    errors = (cases & wrong).sum(0) + _PRIOR_ERRORS * _PRIOR_WEIGHT
    return (errors / (cases.sum(0) + _PRIOR_WEIGHT)).clamp_max(_MOST)


NEGATIVE_RATE = -0.4
_WARM_UP = 120 / 220  # epochs of cross-entropy among all, in the paper's code
_TINY = 1e-6  # the learning rate afterwards, in the paper's code


class NegativeLabelSmoothing(Method):
    """Negative label smoothing as published: plain labels first, then one negative rate at a tiny learning rate.

    Wei et al., ICML 2022 (arXiv 2106.04149), on plain labels; rate -0.4 is in the grid of their code.
    """

    name = "nls"

    def learning_rate(self, progress: float, base: float) -> float:
        """The base while labels are plain, then 1e-6."""
        return base if progress < _WARM_UP else min(base, _TINY)

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Binary cross-entropy, then with the negative rate."""
        if batch.progress < _WARM_UP:
            return soft_target_loss(logits, batch.targets, batch.weights)
        rates = batch.targets.new_full(batch.targets.shape, NEGATIVE_RATE)
        return soft_target_loss(logits, smoothed_targets(batch.targets, rates), batch.weights)


ELR_SYMMETRIC = (0.7, 3.0)  # beta and lambda for CIFAR-10 in the authors' code
ELR_ASYMMETRIC = (0.9, 1.0)


class EarlyLearning(Method):
    """Early-learning regularisation: what the network believed early on holds it back later.

    Liu et al., NeurIPS 2020 (arXiv 2007.00151), section 4, per cell with two classes, on plain labels.

    loss = CE + lambda log(1 - <t, p>), t = beta t + (1 - beta) p, kept for every cell.
    """

    name = "elr"

    def __init__(self, *, beta_lambda: tuple[float, float] = ELR_SYMMETRIC, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self.beta, self.strength = beta_lambda

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Forget all beliefs."""
        del cells
        self._belief = torch.zeros(*targets.values.shape, 2)

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Cross-entropy and the regulariser."""
        present = logits.sigmoid().clamp(1e-4, 1 - 1e-4)
        both = torch.stack([1 - present, present], dim=-1)
        belief = self.beta * self._belief[batch.rows] + (1 - self.beta) * both.detach()
        self._belief[batch.rows] = belief
        agreement = (belief * both).sum(-1)
        held_back = weighted_mean((1 - agreement).clamp_min(1e-6).log(), batch.weights)
        return soft_target_loss(logits, batch.targets, batch.weights) + self.strength * held_back


NVUM_BETA, NVUM_WEIGHT = 0.9, 1.0  # in the authors' code


class Nvum(Method):
    """NVUM: a memory of each cell's logits, without the class prior, holds back the multi-label loss.

    Liu et al., MICCAI 2022 (arXiv 2103.04053), section 2, on plain labels.

    loss = BCE + log(1 - <sigmoid(memory), sigmoid(z)>), memory = beta memory + (1 - beta)(z - log prior), per cell with
    both classes in the product, where the paper has one product over all findings.
    """

    name = "nvum"

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Empty the memory and take the prior of each finding."""
        del cells
        self._memory = torch.zeros_like(targets.values)
        share = (targets.values * targets.weights).sum(0) / targets.weights.sum(0).clamp_min(1)
        self._log_prior = share.clamp(1e-3, 1 - 1e-3).log()

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Binary cross-entropy and the regulariser."""
        memory = NVUM_BETA * self._memory[batch.rows] + (1 - NVUM_BETA) * (logits.detach() - self._log_prior)
        self._memory[batch.rows] = memory
        remembered, now = memory.sigmoid(), logits.sigmoid()
        agreement = remembered * now + (1 - remembered) * (1 - now)
        held_back = weighted_mean((1 - agreement).clamp_min(1e-4).log(), batch.weights)
        return soft_target_loss(logits, batch.targets, batch.weights) + NVUM_WEIGHT * held_back
