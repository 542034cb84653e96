"""Expected calibration error in bins of equal width and of equal mass; numpy alone, so that it loads fast."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

CALIBRATION_BINS = 15

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def expected_calibration_error(probability: ArrayLike, truth: ArrayLike, *, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error of the positive class in bins of equal width (Guo et al., ICML 2017, equation 3).

    Args:
        probability: ``(N,)`` in [0, 1], N > 0.
        truth: ``(N,)`` in {0, 1}.
        bins: number of bins.
    """
    return _error(bin_sums(equal_width_bins(probability, bins=bins), probability, truth, bins=bins))


def equal_mass_calibration_error(probability: ArrayLike, truth: ArrayLike, *, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error in bins of equal mass (Nixon et al., CVPRW 2019).

    Their class-wise error is the mean over the classes; the two classes of a finding have the same gaps.

    Args:
        probability: ``(N,)`` in [0, 1], N > 0.
        truth: ``(N,)`` in {0, 1}.
        bins: number of bins.
    """
    return _error(bin_sums(equal_mass_bins(probability, bins=bins), probability, truth, bins=bins))


def equal_width_bins(probability: ArrayLike, *, bins: int) -> Places:
    """``(N,)`` bin of each probability, 0 to ``bins - 1``; 1.0 belongs to the last one.

    A probability that is NaN falls into some bin, whose sum it makes NaN.
    """
    with np.errstate(invalid="ignore"):
        places = (np.asarray(probability) * bins).astype(np.intp)
    return np.clip(places, 0, bins - 1)


def equal_mass_bins(probability: ArrayLike, *, bins: int) -> Places:
    """``(N,)`` bin of each probability; the edges are quantiles, and equal probabilities share a bin."""
    values = np.asarray(probability, dtype=np.float64)
    step = np.arange(1, bins)
    shares = np.where(step < (bins + 1) // 2, step / bins, 1 - (bins - step) / bins)  # symmetric, rounding included
    return np.searchsorted(np.quantile(values, shares), values)


def bin_sums(place: Places, probability: ArrayLike, truth: ArrayLike, *, bins: int) -> Floats:
    """``(3, bins)`` cases, sum of probabilities and sum of truths in each bin; such sums add up across sites.

    Args:
        place: ``(N,)`` bin of each case.
        probability: ``(N,)`` in [0, 1].
        truth: ``(N,)`` in {0, 1}.
        bins: number of bins.
    """
    rows = np.ones(len(place)), np.asarray(probability, np.float64), np.asarray(truth, np.float64)
    return np.stack([np.bincount(place, row, bins) for row in rows])


def _error(sums: Floats) -> float:
    """The mean gap between probability and truth over the bins, each weighted with its cases."""
    cases, predicted, observed = sums
    return float(np.abs(predicted - observed).sum() / cases.sum())
