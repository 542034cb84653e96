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
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from glsmed.client.data.pictures.codestreams.frame_headers import codestream_size
from glsmed.client.data.pictures.codestreams.jpeg import strict_greys
from glsmed.client.data.pictures.codestreams.lossless_bits import is_decoded_whole
from glsmed.client.data.pictures.dicom_file import syntax_name, text, whole
from glsmed.shared.errors import DataError

Decode = Callable[..., NDArray[np.integer]]

_SYNTAXES = (
    *(JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1),
    *(JPEGLSLossless, JPEGLSNearLossless),
    *(JPEG2000Lossless, JPEG2000, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K),
    RLELossless,
)
_START_OF_JPEG = b"\xff\xd8"
_FRAME_OF_JPEG_LS = b"\xff\xf7"
_START_OF_JPEG_2000 = (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP")  # a codestream, or one in its file format
_HEADERS = 1024  # JPEG-LS has its frame header among the first of them
_END_OF_IMAGE = b"\xff\xd9"  # of all three families
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)


def is_compressed(dataset: Dataset) -> bool:
    """Whether the pixels are a codestream: by the transfer syntax, or where there was none by how they are stored."""
    if text(dataset.file_meta, "TransferSyntaxUID") not in _NATIVE:
        return True
    return bool(dataset["PixelData"].is_undefined_length)


def decode_codestream(dataset: Dataset, *, bytes_per_sample: int) -> NDArray[np.integer]:
    """The only frame of an encapsulated image: ``(H, W)``, or ``(H, W, 3)`` as RGB.

    Raises:
        DataError: the data end early, are damaged, are of another size than the headers say, or no decoder is here
            for this transfer syntax.
    """
    syntax = text(dataset.file_meta, "TransferSyntaxUID")
    if syntax not in (*_SYNTAXES, *_NATIVE):
        raise DataError(
            f"its pixels cannot be decoded: transfer syntax {syntax_name(dataset)} is not supported; export it "
            "uncompressed, or as JPEG, JPEG-LS, JPEG 2000 or RLE"
        )
    frame = _frame(dataset)
    if size := codestream_size(frame):
        _check_size(dataset, *size)
    try:
        pixels = _decoder(dataset, frame, bytes_per_sample)(frame)
    except DataError:
        raise
    except MemoryError:
        raise DataError("its pixels need more memory than there is") from None
    except Exception:  # each library has its own errors, in its own words
        raise DataError(f"its pixels cannot be decoded: the {syntax_name(dataset)} data are damaged") from None
    _check_size(dataset, *pixels.shape[:2])
    return pixels


def _frame(dataset: Dataset) -> bytes:
    try:
        frame = next(generate_frames(dataset.PixelData, number_of_frames=1), b"")
    except (ValueError, TypeError):
        frame = b""
    if not frame or (_is_jpeg(frame) and _END_OF_IMAGE not in frame[-16:]):
        raise DataError(f"its pixel data end early ({syntax_name(dataset)}): was the file copied whole?")
    return frame


def _is_jpeg(frame: bytes) -> bool:
    return frame.startswith((_START_OF_JPEG, *_START_OF_JPEG_2000))


def _decoder(dataset: Dataset, frame: bytes, bytes_per_sample: int) -> Decode:
    """The decoder by the codestream's own first bytes: files say JPEG lossless of baseline JPEG, and the other way."""
    if frame.startswith(_START_OF_JPEG_2000):
        return imagecodecs.jpeg2k_decode
    if not frame.startswith(_START_OF_JPEG):
        return partial(_run_lengths, dataset, bytes_per_sample=bytes_per_sample)
    if _FRAME_OF_JPEG_LS in frame[:_HEADERS]:
        return imagecodecs.jpegls_decode
    if text(dataset, "PhotometricInterpretation") == "RGB":
        return partial(imagecodecs.jpeg8_decode, colorspace="RGB", outcolorspace="RGB")
    return _jpeg


def _jpeg(frame: bytes) -> NDArray[np.integer]:
    """JPEG of any process that is not RGB; the decoder passes over damage, which is looked for beside it."""
    pixels: NDArray[np.integer] = imagecodecs.jpeg8_decode(frame)
    if pixels.dtype.itemsize == 1:
        strict_greys(frame, least_side=1)
    if not is_decoded_whole(frame, pixels):
        raise DataError("its pixels cannot be decoded: the data of its lossless JPEG are damaged")
    return pixels


def _run_lengths(dataset: Dataset, frame: bytes, *, bytes_per_sample: int) -> NDArray[np.integer]:
    """A frame of RLE, whose samples lie one after the other."""
    rows, columns = (whole(dataset, name) for name in ("Rows", "Columns"))
    samples = whole(dataset, "SamplesPerPixel", 1)
    flat = np.frombuffer(imagecodecs.dicomrle_decode(frame, f"<u{bytes_per_sample}"), f"<u{bytes_per_sample}")
    if flat.size != samples * rows * columns:
        expected = samples * rows * columns
        raise DataError(f"its pixels cannot be decoded: the RLE data hold {flat.size} samples, expected {expected}")
    planes = flat.reshape(samples, rows, columns)
    return planes[0] if samples == 1 else np.moveaxis(planes, 0, -1)


def _check_size(dataset: Dataset, height: int, width: int) -> None:
    rows, columns = (whole(dataset, name) for name in ("Rows", "Columns"))
    if (height, width) != (rows, columns):
        raise DataError(
            f"Rows x Columns are {rows} x {columns}, but the {syntax_name(dataset)} data hold {height} x {width}"
        )
