"""From an image file, PNG, JPEG or DICOM, to the grey square of training, or to the greys of a viewer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.deep_greys import DeepGreys
from glsmed.client.data.pictures.dicom_file import is_dicom, open_dicom
from glsmed.client.data.pictures.dicom_picture import check_headers, deep_dicom_picture, dicom_picture
from glsmed.client.data.pictures.local_contrast import equalize_locally
from glsmed.client.data.pictures.raster_picture import deep_raster_picture, raster_picture
from glsmed.shared.errors import DataError

_LARGE_BYTES = 1 << 26  # what is larger is refused by its headers if it can be, before it is read into memory
PIPELINE_VERSION = 4  # part of the cache's key: raise it whenever the pixels that come out change


def read_image(path: Path, *, size_px: int, clahe: bool = False, content: bytes | None = None) -> NDArray[np.uint8]:
    """Grayscale ``(size_px, size_px)``; the longer side fits, the rest is black.

    DICOM is shown as a viewer shows it (:func:`dicom_picture`), PNG and JPEG as they are (:func:`raster_picture`).

    Args:
        path: the file.
        size_px: side of the square in pixels.
        clahe: equalize the contrast of each region, see :func:`equalize_locally`.
        content: of the file, where it was read already.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    with _named(path):
        if is_dicom(path, content):
            image = Image.fromarray(dicom_picture(_dicom(path)))
        else:
            image = raster_picture(path.read_bytes() if content is None else content, size_px=size_px)
    return _square(image, size_px, clahe=clahe)


def read_deep_greys(path: Path, *, longest_px: int) -> DeepGreys:
    """The picture for a viewer, with all greys of the file and the black and white of :func:`read_image`.

    Args:
        path: the file.
        longest_px: the longer side at most; a smaller picture stays as it is.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    with _named(path):
        if is_dicom(path):
            return deep_dicom_picture(_dicom(path)).within(longest_px)
        return deep_raster_picture(path.read_bytes(), size_px=longest_px).within(longest_px)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Whatever goes wrong with the file becomes a DataError that names it."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or 'the file is damaged or ends early'}") from None
    except MemoryError:
        raise DataError(f"{path}: cannot be read: its pixels need more memory than there is") from None
    except Exception:  # decoders raise all kinds of errors on a broken file, in words of their own
        raise DataError(f"{path}: cannot be read: the file is damaged") from None


def _dicom(path: Path) -> Dataset:
    if path.stat().st_size > _LARGE_BYTES:
        check_headers(open_dicom(path, headers_only=True))
    return open_dicom(path)


def _square(image: Image.Image, size_px: int, *, clahe: bool) -> NDArray[np.uint8]:
    """Resize with antialiasing so that the longer side is ``size_px``, centred on black."""
    scale = size_px / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    resized = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0))
    top, left = (size_px - height) // 2, (size_px - width) // 2
    canvas = np.zeros((size_px, size_px), dtype=np.uint8)
    canvas[top : top + height, left : left + width] = equalize_locally(resized) if clahe else resized
    return canvas
