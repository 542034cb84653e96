"""Images for the browser, with all greys of their files: window and level are the reader's."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glsmed.client.data.images import read_deep_greys

LONGEST_PX = 2048
_KEPT = 8  # pictures: those around the one that is looked at


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture as it is sent.

    Attributes:
        content: its greys row by row, of one byte each, or of two, the lower one first; more is brighter.
        headers: its width, its bytes per grey, the greys that are black and white at first, and how a reader is told
            a grey: as slope times grey and intercept, in a unit, with the margin of a window.
    """

    content: bytes
    headers: Mapping[str, str]


def sent_picture(path: Path) -> SentPicture:
    """The image, its longer side at most 2048 pixels.

    Raises:
        DataError: it cannot be read.
    """
    return _sent(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=_KEPT)
def _sent(path: Path, _changed: int) -> SentPicture:
    picture = read_deep_greys(path, longest_px=LONGEST_PX)
    size = picture.greys.dtype.itemsize
    headers = {
        "X-Width": str(picture.greys.shape[1]),
        "X-Bytes": str(size),
        "X-Black": f"{picture.black:.3f}",
        "X-White": f"{picture.white:.3f}",
        "X-Slope": f"{picture.numbers.line.slope:.9g}",
        "X-Intercept": f"{picture.numbers.line.intercept:.9g}",
        "X-Unit": picture.numbers.unit,
        "X-Margin": f"{picture.numbers.margin:g}",
    }
    return SentPicture(picture.greys.astype(f"<u{size}").tobytes(), headers)
