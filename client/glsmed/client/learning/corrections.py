"""Targets and rates that undo a labeller's errors, so that the expected loss is that of the true labels.

Such targets may lie beyond [0, 1], which is a negative rate; see
:mod:`glsmed.client.learning.negative_rates` for when to use them.
"""

import torch
from torch import Tensor


def symmetric_noise_rate(error: float, *, n_classes: int = 2) -> float:
    """The rate that undoes labels which are wrong with probability e, every wrong class as likely.

    ``1 - 1/(1 - e K/(K - 1))``; for K = 2 this is -2e/(1 - 2e), the backward correction of Patrini et al. (CVPR 2017).

    Raises:
        ValueError: e is not in [0, (K - 1)/K), where labels carry no information.
    """
    kept = 1 - error * n_classes / (n_classes - 1)
    if error < 0 or kept <= 0:
        raise ValueError(f"expected `error` in [0, {1 - 1 / n_classes:g}) with {n_classes} classes, got {error}")
    return 1 - 1 / kept


def asymmetric_noise_targets(false_positive: float, false_negative: float) -> tuple[float, float]:
    """Targets (of label 0, of label 1) that undo errors which differ by class (Natarajan et al., NIPS 2013, lemma 1).

    Args:
        false_positive: P(label 1 | truth 0).
        false_negative: P(label 0 | truth 1).

    Raises:
        ValueError: a rate is negative, or they add up to 1 or more.
    """
    kept = 1 - false_positive - false_negative
    if min(false_positive, false_negative) < 0 or kept <= 0:
        raise ValueError(
            f"expected error rates of at least 0 that add up to less than 1, got {false_positive} and {false_negative}"
        )
    return -false_positive / kept, (1 - false_positive) / kept


def labeller_error(labels: Tensor, gold: Tensor) -> Tensor:
    """``(K,)`` share of labels that gold contradicts, shrunk towards 0 where gold is scarce: wrong / (known + 2).

    Args:
        labels: ``(N, K)`` in {0, 1}, certain statements only; NaN elsewhere.
        gold: ``(N, K)`` in {0, 1}; NaN where unknown.
    """
    known = ~(torch.isnan(labels) | torch.isnan(gold))
    wrong = known & (labels != gold)
    return wrong.sum(0) / (known.sum(0) + 2)


def unbiased_targets(calibrated: Tensor, weight: Tensor, *, mixing: Tensor | float = 1.0) -> Tensor:
    """Targets ``(N, K)`` whose mean among true positives is 1 and among true negatives 0, if doubt follows the class.

    Of all functions of the words with these two means, the one of least variance is the straight line
    ``b + (q - b) b(1 - b) / Var(q)`` in the calibrated target q, with b its mean: it stretches q away from b.
    It holds where the words depend on the class alone. Where they depend on how hard the case is, q itself is right.

    Args:
        calibrated: ``(N, K)`` values of P(finding | words).
        weight: ``(N, K)`` >= 0; cells of weight 0 are left as they are and not counted.
        mixing: between q (0) and the unbiased target (1), a number or ``(K,)``.

    Returns:
        q itself for a finding whose q do not vary.
    """
    total = weight.sum(0).clamp_min(torch.finfo(weight.dtype).tiny)
    base = (calibrated * weight).sum(0) / total
    variance = ((calibrated - base).square() * weight).sum(0) / total
    varies = variance > torch.finfo(weight.dtype).eps
    stretch = torch.where(varies, base * (1 - base) / torch.where(varies, variance, 1.0), 1.0)
    factor = 1 + mixing * (stretch.clamp_min(1) - 1)
    return torch.where(weight > 0, base + (calibrated - base) * factor, calibrated)
