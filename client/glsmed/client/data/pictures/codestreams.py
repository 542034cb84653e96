"""Compressed pixels of DICOM: JPEG of every process, JPEG-LS, JPEG 2000 and RLE, by the libraries in imagecodecs."""

from collections.abc import Callable
from functools import partial

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from glsmed.client.data.pictures.dicom_file import syntax_name, text, whole
from glsmed.shared.errors import DataError

Decode = Callable[..., NDArray[np.integer]]

_JPEG = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1)
_JPEG_2000 = (JPEG2000Lossless, JPEG2000, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K)
_DECODERS: dict[str, Decode] = {
    **dict.fromkeys(_JPEG, imagecodecs.jpeg8_decode),
    **dict.fromkeys((JPEGLSLossless, JPEGLSNearLossless), imagecodecs.jpegls_decode),
    **dict.fromkeys(_JPEG_2000, imagecodecs.jpeg2k_decode),
}
_END_OF_IMAGE = b"\xff\xd9"  # of all three families


def decode_codestream(dataset: Dataset, *, bytes_per_sample: int) -> NDArray[np.integer]:
    """The only frame of an encapsulated image: ``(H, W)``, or ``(H, W, 3)`` as RGB.

    Raises:
        DataError: the data end early, are damaged, are of another size than the headers say, or no decoder is here
            for this transfer syntax.
    """
    syntax = text(dataset.file_meta, "TransferSyntaxUID")
    if syntax != RLELossless and syntax not in _DECODERS:
        raise DataError(
            f"its pixels cannot be decoded: transfer syntax {syntax_name(dataset)} is not supported; export it "
            "uncompressed, or as JPEG, JPEG-LS, JPEG 2000 or RLE"
        )
    frame = _frame(dataset)
    try:
        pixels = _run_lengths(dataset, frame, bytes_per_sample) if syntax == RLELossless else _decoder(dataset)(frame)
    except MemoryError:
        raise DataError("its pixels need more memory than there is") from None
    except Exception:  # each library has its own errors, in its own words
        raise DataError(f"its pixels cannot be decoded: the {syntax_name(dataset)} data are damaged") from None
    _check_shape(dataset, pixels)
    return pixels


def _frame(dataset: Dataset) -> bytes:
    try:
        frame = next(generate_frames(dataset.PixelData, number_of_frames=1), b"")
    except (ValueError, TypeError):
        frame = b""
    if not frame or (text(dataset.file_meta, "TransferSyntaxUID") != RLELossless and _END_OF_IMAGE not in frame[-16:]):
        raise DataError(f"its pixel data end early ({syntax_name(dataset)}): was the file copied whole?")
    return frame


def _decoder(dataset: Dataset) -> Decode:
    syntax = text(dataset.file_meta, "TransferSyntaxUID")
    if syntax in _JPEG and text(dataset, "PhotometricInterpretation") == "RGB":
        return partial(imagecodecs.jpeg8_decode, colorspace="RGB", outcolorspace="RGB")
    return _DECODERS[syntax]


def _run_lengths(dataset: Dataset, frame: bytes, bytes_per_sample: int) -> NDArray[np.integer]:
    """A frame of RLE, whose samples lie one after the other."""
    rows, columns = (whole(dataset, name) for name in ("Rows", "Columns"))
    samples = whole(dataset, "SamplesPerPixel", 1)
    flat = np.frombuffer(imagecodecs.dicomrle_decode(frame, f"<u{bytes_per_sample}"), f"<u{bytes_per_sample}")
    planes = flat[: samples * rows * columns].reshape(samples, rows, columns)
    return planes[0] if samples == 1 else np.moveaxis(planes, 0, -1)


def _check_shape(dataset: Dataset, pixels: NDArray[np.integer]) -> None:
    rows, columns = (whole(dataset, name) for name in ("Rows", "Columns"))
    if pixels.shape[:2] != (rows, columns):
        height, width = pixels.shape[:2]
        raise DataError(
            f"Rows x Columns are {rows} x {columns}, but the {syntax_name(dataset)} data hold {height} x {width}"
        )
