"""A PNG or JPEG file as greys."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from glsmed.client.data.pictures.codestreams.jpeg import strict_greys
from glsmed.client.data.pictures.codestreams.png import is_png, refuse_damaged_png
from glsmed.client.data.pictures.contrast import robust_range, sample_of, to_greys
from glsmed.client.data.pictures.deep_greys import DeepGreys
from glsmed.client.data.pictures.sizes import check_size
from glsmed.shared.errors import DataError

_DRAFT_FACTOR = 2  # decoding a JPEG at twice the requested side loses nothing that resizing would keep


def raster_picture(raw: bytes, *, size_px: int) -> Image.Image:
    """The picture in mode L, turned as its EXIF orientation says; transparent areas are black.

    Pixels deeper than 8 bits are scaled by :func:`robust_range`.

    Args:
        raw: what is in the file.
        size_px: the side that is wanted; a JPEG may come smaller than it is, but at least twice as large.

    Raises:
        DataError: it is neither PNG nor JPEG, damaged, or of a size that no radiograph has.
    """
    image = _decoded(raw, size_px)
    if not _is_deep(image):
        return _grey(image)
    values: NDArray[np.float32] = np.asarray(image, dtype=np.float32)
    return Image.fromarray(to_greys(values, *robust_range(sample_of(values))))


def deep_raster_picture(raw: bytes, *, size_px: int) -> DeepGreys:
    """The picture with the greys of its file; black and white are those of :func:`raster_picture`.

    Args:
        raw: what is in the file.
        size_px: as there.

    Raises:
        DataError: as there.
    """
    image = _decoded(raw, size_px)
    if not _is_deep(image):
        return DeepGreys.of_values(np.asarray(_grey(image)), 0, 255)
    values: NDArray[np.integer] = np.asarray(image)
    return DeepGreys.of_values(values, *robust_range(sample_of(values).astype(np.float32)))


def _decoded(raw: bytes, size_px: int) -> Image.Image:
    if is_png(raw):
        refuse_damaged_png(raw)
    try:
        with Image.open(BytesIO(raw), formats=("PNG", "JPEG")) as image:
            check_size(*image.size)
            return _read_jpeg(image, raw, size_px) if image.format == "JPEG" else _loaded(image)
    except UnidentifiedImageError:
        kind = "is empty" if not raw else "is not a PNG, JPEG or DICOM image"
        kind = "cannot be read: its PNG data are damaged" if is_png(raw) else kind
        raise DataError(kind) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("has far more pixels than a radiograph") from None


def _read_jpeg(image: Image.Image, raw: bytes, size_px: int) -> Image.Image:
    least_side = _DRAFT_FACTOR * size_px
    greys = strict_greys(raw, least_side=least_side)
    if greys is not None:
        return _upright(Image.fromarray(greys), image.getexif().get(ExifTags.Base.Orientation))
    image.draft("L", (least_side, least_side))
    return _loaded(image)


def _upright(image: Image.Image, orientation: int | None) -> Image.Image:
    """The picture turned as an EXIF orientation says."""
    exif = image.getexif()
    exif[ExifTags.Base.Orientation] = orientation or 1
    return ImageOps.exif_transpose(image)


def _loaded(image: Image.Image) -> Image.Image:
    try:
        image.load()
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError(f"cannot be read: its {image.format} data are damaged or end early") from None
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _is_deep(image: Image.Image) -> bool:
    """Whether its greys have more than 8 bits."""
    return image.mode.startswith("I")


def _grey(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "black"), coloured).convert("L")
    return image.convert("L")
