"""Generalized label smoothing (GLS): a label, a rate, one target.

With a label y in {0, 1} and a rate r the target of a finding is ``t = y(1 - r) + r/2`` (Wei et al., ICML 2022, with
K = 2 classes per finding). r = 0 is the hard label, r = 1 undecided; r < 0 sharpens beyond the label and makes the
loss unbounded below, so it is refused here. The loss is binary cross-entropy with the soft target t, computed as
``softplus(z) - t z``, which is exact for every t and costs what binary cross-entropy costs.
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
    """Labels in {0, 1} and rates in [0, 1] whose target is the given probability of each finding.

    A probability of 1/2 and above takes the label 1 with r = 2(1 - q); below, the label 0 with r = 2q.
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
        raise ValueError(f"a labeller's error lies in [0, 0.5), came {labeller_error}")
    return 1 - (1 - hedge_rate) / (1 - 2 * error)


def generalized_label_smoothing_loss(
    logits: Tensor,
    labels: Tensor,
    rates: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: Reduction = "mean",
) -> Tensor:
    """The GLS loss of K findings, each a sigmoid of its own.

    Args:
        logits: ``(N, K)``.
        labels: ``(N, K)`` in {0, 1}.
        rates: ``(N, K)`` in [0, 1].
        weight: ``(N, K)`` >= 0; 0 masks a cell. None weighs every cell 1.
        reduction: ``mean`` divides by the sum of weights (0 if all are masked), ``sum`` adds up, and ``none`` gives
            ``(N,)``, the weighted sum over each sample's findings, as Opacus' per-sample losses need it.

    Returns:
        A scalar, or ``(N,)``.

    Values are not checked here, since that would wait for the device in every step: :func:`check_targets` does so once.
    """
    return soft_target_loss(logits, smoothed_targets(labels, rates), weight, reduction=reduction)


def soft_target_loss(
    logits: Tensor, targets: Tensor, weight: Tensor | None = None, *, reduction: Reduction = "mean"
) -> Tensor:
    """Binary cross-entropy with soft targets, ``softplus(z) - t z``, in float32 whatever the autocast."""
    cells = F.softplus(logits.float()) - targets.float() * logits.float()
    if weight is not None:
        cells = cells * weight
    if reduction == "none":
        return cells.flatten(1).sum(1)
    if reduction == "sum":
        return cells.sum()
    if weight is None:
        return cells.mean()
    return cells.sum() / weight.sum().clamp_min(torch.finfo(cells.dtype).tiny)


def k_class_smoothing_loss(logits: Tensor, labels: Tensor, rates: Tensor, *, reduction: Reduction = "mean") -> Tensor:
    """The K-class form ``(1 - r) CE + r mean_k(-log p_k)`` (Wei et al. 2022, section 2).

    Args:
        logits: ``(N, K)``.
        labels: ``(N,)`` class indices.
        rates: ``(N,)`` in [0, 1].
        reduction: over samples.
    """
    log_probabilities = F.log_softmax(logits.float(), dim=-1)
    label_part = F.nll_loss(log_probabilities, labels, reduction="none")
    samples = (1 - rates) * label_part - rates * log_probabilities.mean(-1)
    if reduction == "none":
        return samples
    return samples.sum() if reduction == "sum" else samples.mean()


class GeneralizedLabelSmoothingLoss(nn.Module):
    """:func:`generalized_label_smoothing_loss` as a criterion; ``reduction`` may change, as in Opacus' ghost mode."""

    def __init__(self, *, reduction: Reduction = "mean") -> None:
        super().__init__()
        self.reduction: Reduction = reduction

    def forward(self, logits: Tensor, labels: Tensor, rates: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss with the present ``reduction``."""
        return generalized_label_smoothing_loss(logits, labels, rates, weight, reduction=self.reduction)


def check_targets(labels: Tensor, rates: Tensor, weight: Tensor) -> None:
    """Return if the loss can mean these targets; to be called once, when data is loaded.

    Raises:
        ValueError: shapes differ, a label is not 0 or 1, a rate is outside [0, 1], or a weight is negative.
    """
    if not labels.shape == rates.shape == weight.shape:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in (labels, rates, weight))
        raise ValueError(f"labels, rates and weights differ in shape: {shapes}")
    if not bool(((labels == 0) | (labels == 1)).all()):
        raise ValueError("a label is neither 0 nor 1; doubt belongs in the rate")
    if not bool(((rates >= 0) & (rates <= 1)).all()):
        raise ValueError(
            "a smoothing rate is outside [0, 1]; negative rates make the loss unbounded below and are not available"
        )
    if not bool(((weight >= 0) & torch.isfinite(weight)).all()):
        raise ValueError("a weight is negative or not finite")
