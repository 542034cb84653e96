"""How far an AUROC may be off, from the AUROC and two counts alone."""

import math


def hanley_mcneil_error(auroc: float, *, positives: int, negatives: int) -> float:
    """The standard error of an AUROC (Hanley and McNeil 1982, equation 1, with Q1 and Q2 of exponential scores)."""
    both_positives, both_negatives = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    variance = (
        auroc * (1 - auroc)
        + (positives - 1) * (both_positives - auroc**2)
        + (negatives - 1) * (both_negatives - auroc**2)
    ) / (positives * negatives)
    return math.sqrt(max(variance, 0.0))
