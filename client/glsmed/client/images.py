"""One image file to one square of grey: PNG, JPEG and DICOM."""

import warnings
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_rescale, apply_voi_lut

from glsmed.shared.errors import DataError

PIPELINE_VERSION = 1  # part of the cache's key: raise it whenever the pixels that come out change

_DICOM_PREAMBLE = 128
_MOST_PIXELS = 200_000_000
_GREY_FRAMES = 2


def read_image(path: Path, *, size_px: int) -> NDArray[np.uint8]:
    """Grayscale ``(size_px, size_px)``; the longer side fits, the rest is black.

    DICOM is brought to display values (rescale, then VOI LUT or window) and MONOCHROME1 is inverted. Pixels deeper
    than 8 bits are scaled by their own smallest and largest value.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    try:
        image = _read_dicom(path) if _is_dicom(path) else _read_picture(path)
    except DataError:
        raise
    except (OSError, ValueError, AttributeError, RuntimeError, SyntaxError) as error:
        raise DataError(f"{path}: cannot be read: {_first_line(error)}") from None
    return np.asarray(_square(image, size_px))


def _read_picture(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                image.load()
                return _grey(image)
    except UnidentifiedImageError:
        raise DataError(f"{path}: is not a PNG, JPEG or DICOM image") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(f"{path}: has far more pixels than a radiograph") from None


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_to_bytes(np.asarray(image, dtype=np.float32)))
    return image.convert("L")


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as source:
        return (
            path.suffix.lower() in (".dcm", ".dicom") or source.read(_DICOM_PREAMBLE + 4)[_DICOM_PREAMBLE:] == b"DICM"
        )


def _read_dicom(path: Path) -> Image.Image:
    try:
        dataset = pydicom.dcmread(path)
    except InvalidDicomError:
        raise DataError(f"{path}: is not a DICOM file") from None
    if "PixelData" not in dataset:
        raise DataError(f"{path}: is DICOM without pixels ({dataset.get('Modality', 'no modality')})")
    if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
        raise DataError(f"{path}: has {dataset.NumberOfFrames} frames; split multi-frame DICOM into single images")
    return Image.fromarray(_to_bytes(_display_values(path, dataset)))


def _display_values(path: Path, dataset: Dataset) -> NDArray[np.float32]:
    try:
        pixels = dataset.pixel_array
    except (RuntimeError, NotImplementedError, AttributeError, ValueError) as error:
        raise DataError(f"{path}: its pixels cannot be decoded: {_first_line(error)}") from None
    if pixels.ndim != _GREY_FRAMES:
        raise DataError(f"{path}: is a colour image; a radiograph has one sample per pixel")
    values = apply_voi_lut(apply_rescale(pixels, dataset), dataset)
    values = np.asarray(values, dtype=np.float32)
    return values.max() - values if dataset.get("PhotometricInterpretation") == "MONOCHROME1" else values


def _to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.round((values - low) * scale).astype(np.uint8)


def _square(image: Image.Image, size_px: int) -> Image.Image:
    """Resize with antialiasing so that the longer side is ``size_px``, centred on black."""
    scale = size_px / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    canvas = Image.new("L", (size_px, size_px))
    resized = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    canvas.paste(resized, ((size_px - width) // 2, (size_px - height) // 2))
    return canvas


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
