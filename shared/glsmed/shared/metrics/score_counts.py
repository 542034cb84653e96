"""Scores as counts: how many cells with and without a finding a model puts into each bin of its logits.

Counts of hospitals add up, also under masks, and counts can take noise; single scores can do neither. What is measured
of counts takes every cell of a bin as if it lay in the middle: AUPRC, which takes ties at their worst, comes out lower.
"""

import torch
from torch import Tensor

from glsmed.shared.metrics.score_bins import FINE_BINS as FINE_BINS

_REACH = 6.0  # logits; what lies beyond falls into the outermost bins


def score_counts(
    probabilities: Tensor, truth: Tensor, *, bins: int = FINE_BINS, weights: Tensor | None = None
) -> Tensor:
    """``(K, 2, bins)`` float64: of each finding the cells without it, then those with it, by the logit they were given.

    Args:
        probabilities: ``(N, K)`` in [0, 1].
        truth: ``(N, K)``: 0, 1, or NaN where it is not known; such cells are left out.
        bins: of equal width in logits.
        weights: ``(N, K)`` for how much each cell counts; None for 1.

    Raises:
        ValueError: shapes do not fit.
    """
    if probabilities.shape != truth.shape or truth.ndim != 2:
        raise ValueError(
            f"shapes do not fit: expected two of (N, K), got probabilities {tuple(probabilities.shape)} and truth "
            f"{tuple(truth.shape)}"
        )
    logits = probabilities.double().logit().clamp(-_REACH, _REACH)
    place = ((logits + _REACH) / (2 * _REACH) * bins).long().clamp(0, bins - 1)
    known = ~torch.isnan(truth)
    findings = truth.shape[1]
    cell = (torch.arange(findings) * 2 + (truth > 0).long()) * bins + place
    amounts = torch.ones_like(logits) if weights is None else weights.double()
    counts = torch.zeros(findings * 2 * bins, dtype=torch.float64)
    return counts.index_add_(0, cell[known], amounts[known]).reshape(findings, 2, bins)


def cells_of_counts(counts: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities ``(N, K)`` and truth ``(N, K)`` of cells that have these counts, for any metric of single cells.

    Counts are rounded; what noise made negative is 0. Findings with fewer cells than the others are filled up with NaN
    as truth.

    Args:
        counts: ``(K, 2, bins)``, as :func:`score_counts` makes them, or sums of such.
    """
    findings, _, bins = counts.shape
    middles = ((torch.arange(bins, dtype=torch.float64) + 0.5) / bins * 2 - 1).mul(_REACH).sigmoid()
    whole = counts.round().clamp(min=0).long()
    rows = int(whole.sum((1, 2)).max())
    probabilities, truth = torch.full((rows, findings), 0.5), torch.full((rows, findings), torch.nan)
    for finding, own in enumerate(whole):
        values = torch.cat([middles.repeat_interleave(side) for side in own])
        probabilities[: len(values), finding] = values.float()
        truth[: len(values), finding] = torch.tensor([0.0, 1.0]).repeat_interleave(own.sum(1))
    return probabilities, truth
