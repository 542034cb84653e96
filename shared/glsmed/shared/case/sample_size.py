"""How many labels a wanted interval needs; all intervals are of 95 %, and widths are half of the whole.

Examinations are taken as independent of each other, and as they come: not chosen by what they show.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.shared.metrics.auroc_error import hanley_mcneil_error

Z = 1.959963984540054  # two-sided 95 %
MOST = 10**6  # labels: nobody reads more

Floats = NDArray[np.float64]


def wilson_half_width(share: float, n: int) -> float:
    """Half the width of the interval of a share (Wilson, JASA 1927); unlike Wald's it is right near 0 and 1."""
    return Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))


def labels_for_sensitivity(sensitivity: float, *, prevalence: float, half_width: float) -> int | None:
    """Labels after which the sensitivity's interval is expected to be that narrow (Buderer, Acad Emerg Med 1996).

    Buderer divides the present cases that are needed by the prevalence; the interval is Wilson's in place of Wald's.
    None where it takes more than a million.

    Args:
        sensitivity: that is expected.
        prevalence: share of the examinations with the finding.
        half_width: that is wanted.
    """
    present = _smallest(lambda n: wilson_half_width(sensitivity, n) <= half_width)
    return None if present is None else _over(present, prevalence)


def labels_for_auroc(auroc: float, *, prevalence: float, half_width: float) -> int | None:
    """The same for the AUROC, from its standard error (Hanley and McNeil, Radiology 1982, equation 1)."""

    def is_enough(n: int) -> bool:
        positives, negatives = round(n * prevalence), round(n * (1 - prevalence))
        if min(positives, negatives) < 1:
            return False
        return Z * hanley_mcneil_error(auroc, positives=positives, negatives=negatives) <= half_width

    return _smallest(is_enough)


def labels_for_observed_over_expected(*, prevalence: float, half_width: float) -> int | None:
    """The same for observed over expected cases, whose ends are to lie within 1 + half_width as a factor.

    Riley and others (Statistics in Medicine 2021, section 3.1): the variance of ln(O/E) is (1 - p) / (n p).
    """
    if not 0 < prevalence < 1:
        return None
    error = math.log1p(half_width) / Z
    return _counted((1 - prevalence) / (prevalence * error**2))


def labels_for_slope(logits: Floats, *, half_width: float) -> int | None:
    """The same for the calibration slope of a model that is calibrated, on patients with such logits.

    Riley and others (Statistics in Medicine 2021, section 3.2): the inverse of Fisher's information of intercept and
    slope at 0 and 1. None where the logits are all alike.

    Args:
        logits: ``(n,)`` of the calibrated probabilities.
        half_width: that is wanted.
    """
    probability: Floats = expit(logits)
    information = probability * (1 - probability)
    whole, with_logit, with_square = (float((information * logits**power).mean()) for power in (0, 1, 2))
    determinant = whole * with_square - with_logit**2
    if not determinant > 1e-12 * max(whole * with_square, 1e-12):  # rounding of equal logits
        return None
    return _counted(whole / determinant / (half_width / Z) ** 2)


def _smallest(is_enough: Callable[[int], bool]) -> int | None:
    """The smallest number that is enough, where every larger one is, too."""
    high = 1
    while not is_enough(high):
        high *= 2
        if high > MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _over(present: int, prevalence: float) -> int | None:
    return _counted(present / prevalence) if prevalence > 0 else None


def _counted(number: float) -> int | None:
    return math.ceil(number - 1e-9) if number <= MOST else None
