"""How well probabilities mean what they say: the parts of the Brier score, calibration slope and intercept."""

import numpy as np
from torch import Tensor

from glsmed.shared.metrics.calibration_error import bin_sums, equal_mass_bins
from glsmed.shared.metrics.logistic import fit_intercept, fit_slope_intercept

_BRIER_BINS = 10
_CLIP = 1e-6


def brier_parts(probability: Tensor, truth: Tensor, *, bins: int = _BRIER_BINS) -> dict[str, float]:
    """Reliability, resolution and uncertainty of the Brier score (Murphy 1973), in bins of equal mass.

    Brier is about reliability - resolution + uncertainty, exactly so where probabilities are equal within each bin.
    """
    said, true = probability.double().numpy(), truth.double().numpy()
    cases, predicted, positives = bin_sums(equal_mass_bins(said, bins=bins), said, true, bins=bins)
    share, base = cases / cases.sum(), float(true.mean())
    mean, observed = predicted / np.maximum(cases, 1), positives / np.maximum(cases, 1)
    return {
        "brier_reliability": float((share * (mean - observed) ** 2).sum()),
        "brier_resolution": float((share * (observed - base) ** 2).sum()),
        "brier_uncertainty": base * (1 - base),
    }


def calibration_slope_intercept(probability: Tensor, truth: Tensor) -> dict[str, float]:
    """Slope of truth on the logit, 1 at best, and the intercept beside a slope of 1, 0 at best (Van Calster 2016)."""
    logits = probability.double().clamp(_CLIP, 1 - _CLIP).logit()
    slope, _ = fit_slope_intercept(logits, truth)
    return {"calibration_slope": slope, "calibration_intercept": fit_intercept(logits, truth)}
