"""How dark and bright a group of images is: a histogram as inline SVG."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

BINS = 64
_WIDTH, _HEIGHT = 256, 60


def grey_histogram(pictures: Sequence[Tensor]) -> NDArray[np.float64]:
    """``(64,)`` shares of all pixels by grey level; the plain black beside an image, where it is not square, too.

    Args:
        pictures: each ``(1, S, S)`` uint8.
    """
    counts = np.zeros(256, dtype=np.int64)
    for picture in pictures:
        counts += np.bincount(np.asarray(picture).ravel(), minlength=256)
    return counts.reshape(BINS, -1).sum(axis=1) / max(1, counts.sum())


def histogram_svg(shares: NDArray[np.float64], *, label: str) -> str:
    """An SVG picture of the shares, dark on the left; the two highest bars may be cut off.

    Args:
        shares: as :func:`grey_histogram` gives them.
        label: what it shows, for those who cannot see it; must not hold markup.
    """
    top = max(float(np.sort(shares)[-3]), 1e-9)  # two bars, often black and white, must not flatten the others
    heights = np.minimum(shares / top, 1.0) * _HEIGHT
    step = _WIDTH / BINS
    points = " ".join(
        f"{place * step:.0f},{_HEIGHT - height:.1f} {(place + 1) * step:.0f},{_HEIGHT - height:.1f}"
        for place, height in enumerate(heights)
    )
    return (
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        f'<polygon points="0,{_HEIGHT} {points} {_WIDTH},{_HEIGHT}"/></svg>'
    )
