"""Generalized label smoothing (GLS): a label and a rate give a soft target.

With a label y in {0, 1} and a rate r <= 1 the target of a finding is ``t = y(1 - r) + r/2`` (Wei et al., ICML 2022,
with K = 2 classes per finding). r = 1 gives the target 1/2, r = 0 the hard label. r < 0 gives a target beyond 0 or 1,
which undoes a labeller's errors but makes the loss unbounded below, so hospitals use it only with guards. The loss is
binary cross-entropy with the target t, computed as ``softplus(z) - t z``: exact for every t, inside [0, 1] and outside,
and as fast as plain binary cross-entropy.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Reduction = Literal["mean", "sum", "none"]


def smoothed_targets(labels: Tensor, rates: Tensor) -> Tensor:
    """Targets t = y(1 - r) + r/2.

    Args:
        labels: ``(…)`` in {0, 1}.
        rates: same shape; r <= 1.
    """
    return labels * (1 - rates) + rates / 2


def rates_from_probability(probability: Tensor) -> tuple[Tensor, Tensor]:
    """Labels in {0, 1} and rates <= 1 whose soft target is the given value q of each finding.

    q >= 1/2 gives the label 1 and r = 2(1 - q); a smaller q gives the label 0 and r = 2q. The rate of a probability
    lies in [0, 1]; that of a target beyond [0, 1], as a correction for a labeller's errors gives it, is negative.
    """
    labels = (probability >= 0.5).to(probability.dtype)
    return labels, 2 * torch.minimum(probability, 1 - probability)


def compose_rates(hedge_rate: Tensor, labeller_error: float | Tensor) -> Tensor:
    """The rate that first undoes a symmetric labeller error e, then smooths by the hedge: r = 1 - (1 - r_h)/(1 - 2e).

    With ``hedge_rate`` 0 this is -2e/(1 - 2e), the backward correction of Patrini et al. (CVPR 2017).

    Raises:
        ValueError: e is not in [0, 1/2).
    """
    error = torch.as_tensor(labeller_error)
    if not bool(((error >= 0) & (error < 0.5)).all()):
        raise ValueError(f"expected a labeller_error in [0, 0.5), got {labeller_error}")
    return 1 - (1 - hedge_rate) / (1 - 2 * error)


def weights_from_spread(mean: Tensor, spread: Tensor) -> Tensor:
    """Weights in [0, 1] of beliefs with this mean and standard deviation: 1 is a certain belief, 0 an empty one.

    ``1 - spread^2 / (mean (1 - mean))``. For a Beta belief worth s labels this is s / (s + 1).
    """
    widest = mean * (1 - mean)
    return (1 - spread.square() / widest.clamp_min(torch.finfo(mean.dtype).tiny)).clamp(0, 1)


def generalized_label_smoothing_loss(
    logits: Tensor,
    labels: Tensor,
    rates: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: Reduction = "mean",
    logit_limit: float | None = None,
) -> Tensor:
    """The GLS loss of K findings, each a sigmoid of its own.

    Args:
        logits: ``(N, K)``.
        labels: ``(N, K)`` in {0, 1}.
        rates: ``(N, K)`` <= 1, one for each sample and finding (or anything that broadcasts to that).
        weight: ``(N, K)`` >= 0; 0 masks a cell. None weighs every cell 1.
        reduction: ``mean`` divides by the sum of weights (0 if all are masked), ``sum`` adds up, and ``none`` gives
            ``(N,)``, the weighted sum over each sample's findings, as Opacus' per-sample losses need it.
        logit_limit: for r < 0, see :func:`soft_target_loss`.

    Returns:
        A scalar, or ``(N,)``.

    Values are not checked here, since that would make every step wait for the device: call :func:`check_targets` once.
    """
    targets = smoothed_targets(labels, rates)
    return soft_target_loss(logits, targets, weight, reduction=reduction, logit_limit=logit_limit)


def soft_target_loss(
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: Reduction = "mean",
    logit_limit: float | None = None,
) -> Tensor:
    """Binary cross-entropy with targets t, ``softplus(z) - t z``, in float32 whatever the autocast.

    Args:
        logits: ``(N, K)``.
        targets: ``(N, K)``, in [0, 1] or beyond.
        weight: ``(N, K)`` >= 0, or None.
        reduction: see :func:`generalized_label_smoothing_loss`.
        logit_limit: for targets beyond [0, 1]: the part beyond has no gradient where ``|z|`` is larger than this, which
            bounds the loss below; up to there it is exact. None: no bound.
    """
    logits, targets = logits.float(), targets.float()
    if logit_limit is None:
        cells = F.softplus(logits) - targets * logits
    else:
        inside = targets.clamp(0, 1)
        beyond = (targets - inside) * logits.clamp(-logit_limit, logit_limit)
        cells = F.softplus(logits) - inside * logits - beyond
    if weight is not None:
        cells = cells * weight
    if reduction == "none":
        return cells.flatten(1).sum(1)
    if reduction == "sum":
        return cells.sum()
    if weight is None:
        return cells.mean()
    return cells.sum() / weight.sum().clamp_min(torch.finfo(cells.dtype).tiny)


def smoothed_class_targets(labels: Tensor, rates: Tensor, n_classes: int) -> Tensor:
    """Targets ``(N, K)`` of K exclusive classes, ``(1 - r) e_y + r/K``; each row adds up to 1.

    Args:
        labels: ``(N,)`` class indices.
        rates: ``(N,)`` <= 1.
        n_classes: K.
    """
    chosen = F.one_hot(labels, n_classes).to(rates.dtype)
    return chosen * (1 - rates)[:, None] + rates[:, None] / n_classes


def k_class_smoothing_loss(
    logits: Tensor,
    labels: Tensor,
    rates: Tensor,
    *,
    reduction: Reduction = "mean",
    surprise_limit: float | None = None,
) -> Tensor:
    """The K-class form ``(1 - r) CE + r mean_k(-log p_k)`` (Wei et al. 2022, section 2).

    Args:
        logits: ``(N, K)``.
        labels: ``(N,)`` class indices.
        rates: ``(N,)`` <= 1.
        reduction: over samples.
        surprise_limit: for r < 0: ``-log p_k`` of the second part counts only up to this, so that the loss is bounded
            below and its gradient vanishes beyond; None: no bound.
    """
    log_probabilities = F.log_softmax(logits.float(), dim=-1)
    label_part = F.nll_loss(log_probabilities, labels, reduction="none")
    even_part = -log_probabilities.mean(-1)
    if surprise_limit is not None:
        even_part = torch.where(rates < 0, (-log_probabilities).clamp_max(surprise_limit).mean(-1), even_part)
    samples = (1 - rates) * label_part + rates * even_part
    if reduction == "none":
        return samples
    return samples.sum() if reduction == "sum" else samples.mean()


class GeneralizedLabelSmoothingLoss(nn.Module):
    """:func:`generalized_label_smoothing_loss` as a criterion; ``reduction`` may change, as in Opacus' ghost mode."""

    def __init__(self, *, reduction: Reduction = "mean", logit_limit: float | None = None) -> None:
        super().__init__()
        self.reduction: Reduction = reduction
        self.logit_limit = logit_limit

    def forward(self, logits: Tensor, labels: Tensor, rates: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss with the current ``reduction``."""
        return generalized_label_smoothing_loss(
            logits, labels, rates, weight, reduction=self.reduction, logit_limit=self.logit_limit
        )


def check_targets(labels: Tensor, rates: Tensor, weight: Tensor, *, lowest_rate: float = 0.0) -> None:
    """Raise if the loss is not defined for these targets; call it once, when data is loaded.

    Raises:
        ValueError: shapes differ, a label is not 0 or 1, a rate is outside [lowest_rate, 1], or a weight is negative.
    """
    if not labels.shape == rates.shape == weight.shape:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in (labels, rates, weight))
        raise ValueError(f"expected labels, rates and weights of one shape, got {shapes}")
    if not bool(((labels == 0) | (labels == 1)).all()):
        raise ValueError("expected labels of 0 and 1, got another value; express doubt in the rate")
    if not bool(((rates >= lowest_rate) & (rates <= 1)).all()):
        raise ValueError(
            f"expected smoothing rates in [{lowest_rate:g}, 1], got one outside; negative rates make the loss "
            "unbounded below and need guards"
        )
    if not bool(((weight >= 0) & torch.isfinite(weight)).all()):
        raise ValueError("expected finite weights >= 0, got one that is negative or not finite")
