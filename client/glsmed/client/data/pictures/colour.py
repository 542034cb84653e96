"""Grey pictures that are stored in colour, as many systems export them."""

import numpy as np
from numpy.typing import NDArray

from glsmed.client.data.pictures.contrast import sample_of, to_greys
from glsmed.shared.errors import DataError

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as in YBR_FULL
_SAME = 16 / 255  # of the full range: lossy compression moves the channels so far apart
_MOST_COLOURED = 0.05  # share of pixels: marks and labels of a grey image may be coloured


def grey_of_colour(pixels: NDArray[np.number], *, brightest: int, photometric: str) -> NDArray[np.uint8]:
    """The brightness ``(H, W)`` of a grey picture ``(H, W, 3)`` of RGB; marks in it may be coloured.

    Args:
        pixels: red, green and blue.
        brightest: the greatest value that a channel can have.
        photometric: as the file says it, for the message.

    Raises:
        DataError: it is in colour.
    """
    channels: NDArray[np.float32] = pixels.astype(np.float32) / np.float32(brightest)
    spread = sample_of(channels.max(axis=-1) - channels.min(axis=-1))
    coloured = float(np.mean(spread > _SAME))
    if coloured > _MOST_COLOURED:
        raise DataError(
            f"is a colour image (PhotometricInterpretation {photometric}, {coloured:.0%} of its pixels are not grey), "
            "expected a grey one"
        )
    luma: NDArray[np.float32] = np.clip(channels @ _LUMA, 0, 1)
    return to_greys(luma, 0, 1)
