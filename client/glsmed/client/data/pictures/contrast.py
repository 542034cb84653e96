"""Which values become black and white: those of the picture, not of its borders, labels or dead pixels."""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

ScalarT = TypeVar("ScalarT", bound=np.generic)

_SAMPLE = 65_536  # enough pixels to know their distribution
_TAIL = 0.005  # share of pixels at each end that may be cut
_STEPS = 513  # quantiles that are looked at for a gap
_WIDE_GAP = 0.6  # of the range: what lies beyond an empty stretch of this size is no part of the picture …
_SMALL_PART = 0.4  # … if it has no more than this share of its pixels
_STRIP = 1 << 18  # pixels at a time: they stay in the processor's cache, and large images need no more memory
_MOST_PARTS = 4  # dead pixels, a white border, a black one and a label


def sample_of(values: NDArray[ScalarT]) -> NDArray[ScalarT]:
    """Evenly spread values ``(N,)`` of an image ``(H, W)``; all of a small one."""
    step = max(1, math.isqrt(values.size // _SAMPLE))
    return values[::step, ::step].ravel()


def robust_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """The values that become black and white, so that a border, a label or a hot pixel does not flatten the rest.

    Parts beyond a wide empty stretch of values are left out, then one pixel in two hundred at each end.

    Args:
        values: ``(N,)`` of an image.
    """
    ordered = np.sort(values)
    for _ in range(_MOST_PARTS):
        core = _without_far_part(ordered)
        if core.size == ordered.size:
            break
        ordered = core
    low, high = np.quantile(ordered, [_TAIL, 1 - _TAIL])
    if low == high:
        low, high = ordered[0], ordered[-1]
    return float(low), float(high)


def _without_far_part(ordered: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sorted values without those beyond their widest gap, if these are few and the rest is not one value."""
    quantiles = ordered[np.linspace(0, ordered.size - 1, min(_STEPS, ordered.size)).astype(int)]
    gaps = np.diff(quantiles)
    if gaps.size == 0 or gaps.max() <= _WIDE_GAP * (quantiles[-1] - quantiles[0]):
        return ordered
    widest = int(gaps.argmax())
    end = int(np.searchsorted(ordered, quantiles[widest], side="right"))
    above, below = ordered[end:], ordered[:end]
    few, rest = (above, below) if above.size <= below.size else (below, above)
    return rest if few.size <= _SMALL_PART * ordered.size and rest[0] < rest[-1] else ordered


def to_greys(values: NDArray[np.number], low: float, high: float) -> NDArray[np.uint8]:
    """Greys from 0 at ``low`` to 255 at ``high``, the other way round if ``low`` is greater; 0 if they are equal."""
    if low == high or values.size == 0:
        return np.zeros(values.shape, dtype=np.uint8)
    greys = np.empty(values.shape, dtype=np.uint8)
    step = max(1, _STRIP * len(values) // values.size)
    for start in range(0, len(values), step):
        greys[start : start + step] = _strip(values[start : start + step], 255 / (high - low), low)
    return greys


def _strip(values: NDArray[np.number], scale: float, low: float) -> NDArray[np.uint8]:
    scaled: NDArray[np.float32] = np.multiply(values, np.float32(scale), dtype=np.float32)
    scaled += np.float32(0.5 - low * scale)  # a half, so that cutting the decimals rounds
    np.clip(scaled, 0, 255, out=scaled)
    return scaled.astype(np.uint8)
