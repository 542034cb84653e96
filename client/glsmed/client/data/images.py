"""From an image file to a grey square: PNG, JPEG and DICOM."""

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_rescale, apply_voi_lut

from glsmed.shared.errors import DataError

PIPELINE_VERSION = 2  # part of the cache's key: raise it whenever the pixels that come out change

_DICOM_PREAMBLE = 128
_MOST_PIXELS = 80_000_000
_SHORTEST_SIDE_PX = 16
_LONGEST_REASON = 300
_GREY_FRAMES = 2
_GREY = ("MONOCHROME1", "MONOCHROME2")
_DRAFT_FACTOR = 2  # decoding a JPEG at twice the requested side loses nothing that resizing would keep


def read_image(path: Path, *, size_px: int) -> NDArray[np.uint8]:
    """Grayscale ``(size_px, size_px)``; the longer side fits, the rest is black.

    A picture is turned as its EXIF orientation says; transparent areas are black. DICOM is brought to display values
    (rescale, then VOI LUT or window) and MONOCHROME1 is inverted. Pixels deeper than 8 bits, and all of DICOM, are
    scaled by their own smallest and largest value.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    try:
        image = _read_dicom(path) if _is_dicom(path) else _read_picture(path, size_px)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or _one_line(error)}") from None
    except Exception as error:  # decoders raise all kinds of errors on a broken file
        raise DataError(f"{path}: cannot be read: {_one_line(error)}") from None
    return np.asarray(_square(image, size_px))


def _read_picture(path: Path, size_px: int) -> Image.Image:
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            _check_size(*image.size)
            image.draft("L", (_DRAFT_FACTOR * size_px, _DRAFT_FACTOR * size_px))
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _grey(image)
    except UnidentifiedImageError:
        kind = "is empty" if path.stat().st_size == 0 else "is not a PNG, JPEG or DICOM image"
        raise DataError(kind) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("has far more pixels than a radiograph") from None


def _check_size(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise DataError(f"has far more pixels than a radiograph: {width} x {height}")
    if min(width, height) < _SHORTEST_SIDE_PX:
        raise DataError(f"is {width} x {height} pixels: too small for a radiograph")


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_to_bytes(np.asarray(image, dtype=np.float32)))
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "black"), coloured).convert("L")
    return image.convert("L")


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as source:
        return (
            path.suffix.lower() in (".dcm", ".dicom") or source.read(_DICOM_PREAMBLE + 4)[_DICOM_PREAMBLE:] == b"DICM"
        )


def _read_dicom(path: Path) -> Image.Image:
    try:
        dataset = pydicom.dcmread(path)
    except (InvalidDicomError, EOFError):
        raise DataError("is not a DICOM file") from None
    _check_dicom(dataset)
    return Image.fromarray(_to_bytes(_display_values(dataset)))


def _check_dicom(dataset: Dataset) -> None:
    """Raise unless the data set holds one grey image of a plausible size; nothing is decoded."""
    if "PixelData" not in dataset:
        raise DataError(f"is DICOM without pixels ({dataset.get('Modality') or 'no modality'})")
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames > 1:
        raise DataError(f"has {frames} frames, expected 1: split multi-frame DICOM into single images")
    photometric = dataset.get("PhotometricInterpretation")
    if photometric not in _GREY:
        raise DataError(f"has PhotometricInterpretation {photometric}, expected {' or '.join(_GREY)}")
    _check_size(int(dataset.get("Columns") or 0), int(dataset.get("Rows") or 0))


def _display_values(dataset: Dataset) -> NDArray[np.float32]:
    try:
        pixels = dataset.pixel_array
    except Exception as error:  # each of pydicom's decoders has its own errors
        raise DataError(f"its pixels cannot be decoded: {_one_line(error)}") from None
    if pixels.ndim != _GREY_FRAMES:
        raise DataError("has several samples per pixel, expected one")
    values = np.asarray(apply_voi_lut(apply_rescale(pixels, dataset), dataset), dtype=np.float32)
    if not np.isfinite(values).all():
        raise DataError("its rescale or window values give NaN or infinite pixels")
    return values.max() - values if dataset.PhotometricInterpretation == "MONOCHROME1" else values


def _to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    scaled = values - low
    scaled *= scale
    np.rint(scaled, out=scaled)
    return scaled.astype(np.uint8)


def _square(image: Image.Image, size_px: int) -> Image.Image:
    """Resize with antialiasing so that the longer side is ``size_px``, centred on black."""
    scale = size_px / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    canvas = Image.new("L", (size_px, size_px))
    resized = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    canvas.paste(resized, ((size_px - width) // 2, (size_px - height) // 2))
    return canvas


def _one_line(error: BaseException) -> str:
    """A decoder's message in one line, with the packages that it needs."""
    return " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
