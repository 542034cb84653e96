"""How well probabilities mean what they say: equal-mass calibration error, the parts of the Brier score, slope."""

import torch
from torch import Tensor

from glsmed.shared.metrics.logistic import fit_intercept, fit_slope_intercept

EQUAL_MASS_BINS = 15
_BRIER_BINS = 10
_CLIP = 1e-6


def equal_mass_bins(probability: Tensor, *, bins: int) -> Tensor:
    """``(N,)`` bin of each probability; edges are quantiles, equal probabilities share a bin."""
    edges = torch.quantile(probability, torch.linspace(0, 1, bins + 1, dtype=probability.dtype))
    return torch.searchsorted(edges[1:-1].contiguous(), probability)


def equal_mass_calibration_error(probability: Tensor, truth: Tensor, *, bins: int = EQUAL_MASS_BINS) -> float:
    """Class-wise expected calibration error in bins of equal mass (Nixon et al., CVPRW 2019).

    The two classes of a finding have the same gaps, so that this is also the mean over both.

    Args:
        probability: ``(N,)`` in [0, 1].
        truth: ``(N,)`` in {0, 1}.
        bins: number of bins.
    """
    counts = _bin_sums(probability.double(), truth.double(), bins)
    return float((counts[1] - counts[2]).abs().sum() / counts[0].sum())


def brier_parts(probability: Tensor, truth: Tensor, *, bins: int = _BRIER_BINS) -> dict[str, float]:
    """Reliability, resolution and uncertainty of the Brier score (Murphy 1973), in bins of equal mass.

    Brier is about reliability - resolution + uncertainty, exactly so where probabilities are equal within each bin.
    """
    cases, predicted, positives = _bin_sums(probability.double(), truth.double(), bins)
    share, base = cases / cases.sum(), float(truth.double().mean())
    said, was = predicted / cases.clamp_min(1), positives / cases.clamp_min(1)
    return {
        "brier_reliability": float((share * (said - was).square()).sum()),
        "brier_resolution": float((share * (was - base).square()).sum()),
        "brier_uncertainty": base * (1 - base),
    }


def calibration_slope_intercept(probability: Tensor, truth: Tensor) -> dict[str, float]:
    """Slope of truth on the logit, 1 at best, and the intercept beside a slope of 1, 0 at best (Van Calster 2016)."""
    logits = probability.double().clamp(_CLIP, 1 - _CLIP).logit()
    slope, _ = fit_slope_intercept(logits, truth)
    return {"calibration_slope": slope, "calibration_intercept": fit_intercept(logits, truth)}


def _bin_sums(probability: Tensor, truth: Tensor, bins: int) -> Tensor:
    """``(3, bins)``: cases, sum of probabilities, sum of truths."""
    place = equal_mass_bins(probability, bins=bins)
    rows = torch.stack([torch.ones_like(probability), probability, truth])
    return torch.zeros(3, bins, dtype=torch.double).index_add_(1, place, rows)
