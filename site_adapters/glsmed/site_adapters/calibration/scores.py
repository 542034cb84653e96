"""Scores of probabilities against gold values, as plain numbers, computed without torch.

Loading torch takes seconds, and a radiologist's commands should not have to wait for it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glsmed.shared.metrics.calibration_error import (
    CALIBRATION_BINS,
    bin_sums,
    equal_width_bins,
    expected_calibration_error,
)

_CLIP = 1e-7

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """How good N probabilities are against N values; a ratio without any case is None.

    Attributes:
        positives: values of 1.
        f1: at a probability of 0.5, as ``precision`` and ``recall``.
        ece: expected calibration error in 15 bins of equal width (Guo et al., ICML 2017, equation 3).
    """

    n: int
    positives: int
    f1: float | None
    precision: float | None
    recall: float | None
    brier: float | None
    log_loss: float | None
    ece: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The fields by name, rounded to six decimals."""
        return {name: value if value is None else round(value, 6) for name, value in asdict(self).items()}


def score(probability: ArrayLike, value: ArrayLike) -> Scores:
    """The scores of ``(N,)`` probabilities in [0, 1] against ``(N,)`` values in {0, 1}."""
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(value, dtype=np.float64)
    said = p >= 0.5
    hits, claims, positives = float(y[said].sum()), int(said.sum()), float(y.sum())
    return Scores(
        n=len(y),
        positives=int(positives),
        f1=_ratio(2 * hits, claims + positives),
        precision=_ratio(hits, claims),
        recall=_ratio(hits, positives),
        brier=float(((p - y) ** 2).mean()) if len(y) else None,
        log_loss=float(log_losses(p, y).mean()) if len(y) else None,
        ece=expected_calibration_error(p, y) if len(y) else None,
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def log_losses(probability: Floats, value: Floats) -> Floats:
    """``(N,)`` the log-loss of each case, probabilities clipped to [1e-7, 1 - 1e-7]."""
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    losses: Floats = -(value * np.log(clipped) + (1 - value) * np.log1p(-clipped))
    return losses


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """One bin of probabilities: how many cases, their mean probability, and how often the value was 1."""

    low: float
    high: float
    n: int
    predicted: float
    observed: float


def reliability(probability: ArrayLike, value: ArrayLike, *, bins: int = CALIBRATION_BINS) -> Sequence[ReliabilityRow]:
    """The bins of equal width that hold any case, from low to high."""
    count, sum_p, sum_y = bin_sums(equal_width_bins(probability, bins=bins), probability, value, bins=bins)
    return [
        ReliabilityRow(
            at / bins, (at + 1) / bins, int(count[at]), float(sum_p[at] / count[at]), float(sum_y[at] / count[at])
        )
        for at in np.flatnonzero(count).tolist()
    ]
