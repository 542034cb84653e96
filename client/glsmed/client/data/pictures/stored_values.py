"""The stored values of a DICOM image: whole, without the bits beside them, and which of them are padding."""

import math

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRBigEndian

from glsmed.client.data.pictures.codestreams.dicom_frames import decode_codestream, is_compressed
from glsmed.client.data.pictures.dicom_file import numbers, syntax_name, text, whole
from glsmed.shared.errors import DataError

_BITS_ALLOCATED = (1, 8, 16, 32)
_BITS_PER_BYTE = 8

Pixels = NDArray[np.integer]


def decoded_pixels(dataset: Dataset) -> Pixels:
    """The pixels ``(H, W)`` or, of a colour image, ``(H, W, 3)``, as they are stored or as the decoder gives them.

    Raises:
        DataError: the pixel data end early, are damaged, or are compressed in a way that cannot be decoded.
    """
    allocated = whole(dataset, "BitsAllocated")
    if allocated not in _BITS_ALLOCATED:
        raise DataError(f"has BitsAllocated {allocated or 'missing'}, expected 8, 16 or 32")
    if is_compressed(dataset):
        return decode_codestream(dataset, bytes_per_sample=max(1, allocated // _BITS_PER_BYTE))
    _check_length(dataset, allocated)
    if whole(dataset, "SamplesPerPixel", 1) == 1 and allocated > 1:
        return _native(dataset, allocated)
    try:
        return np.asarray(pixel_array(dataset))
    except (AttributeError, KeyError, TypeError, ValueError, NotImplementedError, RuntimeError):
        # pydicom's words are about its own classes: what it needs are the elements that describe the pixels
        raise DataError(
            f"its pixels cannot be decoded ({syntax_name(dataset)}): check Rows, Columns, SamplesPerPixel, BitsStored, "
            "PixelRepresentation and PhotometricInterpretation"
        ) from None


def _native(dataset: Dataset, allocated: int) -> Pixels:
    """Grey pixels as they lie in the file; pydicom would clear bits on its own idea of where the stored ones are."""
    order = ">" if text(dataset.file_meta, "TransferSyntaxUID") == ExplicitVRBigEndian else "<"
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    pixels = np.frombuffer(dataset.PixelData, f"{order}u{allocated // _BITS_PER_BYTE}", rows * columns)
    return pixels.reshape(rows, columns).astype(pixels.dtype.newbyteorder("="), copy=False)


def _check_length(dataset: Dataset, allocated: int) -> None:
    """Raise where there are fewer bytes than the pixels need."""
    pixels = math.prod(whole(dataset, name, 1) for name in ("Rows", "Columns", "SamplesPerPixel"))
    if text(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        pixels = pixels * 2 // 3
    expected = (pixels * allocated + _BITS_PER_BYTE - 1) // _BITS_PER_BYTE
    if len(dataset.PixelData) < expected:
        raise DataError(
            f"its pixel data end early: Rows, Columns and BitsAllocated need {expected} bytes, got "
            f"{len(dataset.PixelData)}; was the file copied whole?"
        )


def grey_values(dataset: Dataset, pixels: NDArray[np.integer]) -> NDArray[np.integer]:
    """Stored values without overlays or other bits beside them, moved down from HighBit, with their sign.

    Source: DICOM PS3.5, 8.1.1 (pixel cell).
    """
    allocated = pixels.dtype.itemsize * _BITS_PER_BYTE
    stored = whole(dataset, "BitsStored", allocated)
    high = whole(dataset, "HighBit", stored - 1)
    signed = numbers(dataset, "PixelRepresentation") == (1,)
    if not 0 < stored < allocated:
        return pixels.view(f"{'i' if signed else 'u'}{pixels.dtype.itemsize}")
    bits = pixels.view(f"u{pixels.dtype.itemsize}")
    shift = min(max(high + 1 - stored, 0), allocated - stored)
    # a codestream knows its own depth: its values may be in place whatever HighBit says
    if shift and not (is_compressed(dataset) and int(bits.max()) < 1 << stored):
        bits = bits >> shift
    bits = bits & ((1 << stored) - 1)
    if not signed:
        return bits
    sign = 1 << (stored - 1)
    return (bits ^ sign).view(f"i{pixels.dtype.itemsize}") - sign


def padding_of(dataset: Dataset, values: NDArray[np.integer]) -> NDArray[np.bool_] | None:
    """Where pixels are padding by PixelPaddingValue and PixelPaddingRangeLimit; None where nothing is.

    Source: DICOM PS3.3, C.7.5.1.1.2.
    """
    found = numbers(dataset, "PixelPaddingValue")
    if not found:
        return None
    ends = [
        _in_range_of(values, int(number)) for number in (*found[:1], *numbers(dataset, "PixelPaddingRangeLimit")[:1])
    ]
    padding = (values >= min(ends)) & (values <= max(ends))
    return padding if padding.any() and not padding.all() else None


def _in_range_of(values: NDArray[np.integer], number: int) -> int:
    """The number as the pixels' own type would hold its bits: files mark padding of signed pixels as unsigned, too."""
    bits = values.dtype.itemsize * _BITS_PER_BYTE
    number &= (1 << bits) - 1
    signed = np.issubdtype(values.dtype, np.signedinteger)
    return number - (1 << bits) if signed and number >> (bits - 1) else number
