"""A PNG or JPEG file as greys of 8 bits."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from glsmed.client.data.pictures.contrast import robust_range, sample_of, to_greys
from glsmed.client.data.pictures.sizes import check_size
from glsmed.shared.errors import DataError

_DRAFT_FACTOR = 2  # decoding a JPEG at twice the requested side loses nothing that resizing would keep


def raster_picture(path: Path, *, size_px: int) -> Image.Image:
    """The picture in mode L, turned as its EXIF orientation says; transparent areas are black.

    Pixels deeper than 8 bits are scaled by :func:`robust_range`.

    Args:
        path: the file.
        size_px: the side that is wanted; a JPEG may come smaller than it is, but at least twice as large.

    Raises:
        DataError: it is neither PNG nor JPEG, damaged, or of a size that no radiograph has.
        OSError: the file cannot be read.
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            check_size(*image.size)
            image.draft("L", (_DRAFT_FACTOR * size_px, _DRAFT_FACTOR * size_px))
            _load(image)
            ImageOps.exif_transpose(image, in_place=True)
            return _grey(image)
    except UnidentifiedImageError:
        kind = "is empty" if path.stat().st_size == 0 else "is not a PNG, JPEG or DICOM image"
        raise DataError(kind) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("has far more pixels than a radiograph") from None


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError(f"cannot be read: its {image.format} data are damaged or end early") from None


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        values: NDArray[np.float32] = np.asarray(image, dtype=np.float32)
        return Image.fromarray(to_greys(values, *robust_range(sample_of(values))))
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "black"), coloured).convert("L")
    return image.convert("L")
