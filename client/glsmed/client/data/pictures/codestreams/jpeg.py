"""JPEG of 8 bits decoded strictly: what other decoders fill with grey, and pass over, is an error here."""

import re

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from glsmed.client.data.pictures.codestreams.frame_headers import frame_header
from glsmed.shared.errors import DataError

_LOSSY = (0xC0, 0xC1, 0xC2)  # baseline, extended sequential, progressive; all with Huffman codes
_BITS = 8
_WITH_LUMINANCE = ("Gray", "YCbCr")
_DAMAGE = re.compile(r"corrupt|premature|unsupported marker", re.IGNORECASE)


def strict_greys(raw: bytes, *, least_side: int | None = None) -> NDArray[np.uint8] | None:
    """Greys ``(H, W)`` of a JPEG; None where it is of a kind that is decoded elsewhere.

    Args:
        raw: the codestream.
        least_side: the picture may be decoded smaller, but neither side smaller than this.

    Raises:
        DataError: the data are damaged.
    """
    header = frame_header(raw)
    if header is None or header.marker not in _LOSSY or header.bits != _BITS:
        return None
    least = {} if least_side is None else _least(header.rows, header.columns, least_side)
    try:
        if simplejpeg.decode_jpeg_header(raw)[2] not in _WITH_LUMINANCE:
            return None
        return np.asarray(simplejpeg.decode_jpeg(raw, colorspace="GRAY", strict=True, **least)[..., 0])
    except ValueError as error:
        if _DAMAGE.search(str(error)):
            raise DataError(f"cannot be read: its JPEG data are damaged ({str(error).strip()})") from None
        return None  # warned of what is no damage, or not read by this library


def _least(rows: int, columns: int, side: int) -> dict[str, int]:
    return {"min_height": min(rows, side), "min_width": min(columns, side)}
