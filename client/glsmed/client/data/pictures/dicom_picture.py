"""A DICOM image as greys, as a viewer would show it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.colour import grey_of_colour
from glsmed.client.data.pictures.contrast import robust_range, sample_of, to_greys
from glsmed.client.data.pictures.deep_greys import DeepGreys
from glsmed.client.data.pictures.dicom_file import text, whole
from glsmed.client.data.pictures.grey_scale import Curve, GreyScale, Line, Numbers
from glsmed.client.data.pictures.lookup_tables import LookupTable
from glsmed.client.data.pictures.sizes import check_size
from glsmed.client.data.pictures.stored_values import decoded_pixels, grey_values, padding_of
from glsmed.shared.errors import DataError

_ShadesT = TypeVar("_ShadesT", bound=np.generic)

_BYTE, _WORD = 255, 65_535
_PERCENT = 100
_AXES = 2  # rows and columns
_GREY = ("MONOCHROME1", "MONOCHROME2")
_PALETTE = "PALETTE COLOR"
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", _PALETTE)
_TABLE_LIMIT = 1 << 16  # so many values at most are looked up in a table; more are computed pixel by pixel
_LEAST_SHARE = 0.25  # of a window's range: with less contrast it is not meant for these values


def dicom_picture(dataset: Dataset) -> NDArray[np.uint8]:
    """Greys ``(H, W)`` of a data set with one image.

    A window or VOI LUT that leaves hardly any contrast is not meant for these values, and is left out. Without one,
    the range is that of :func:`robust_range`, without padding.

    Raises:
        DataError: there is not exactly one grey image, or it cannot be decoded.
    """
    photometric, pixels = _decoded(dataset)
    if photometric in _GREY:
        return _shown(dataset, grey_values(dataset, pixels))
    return _grey_of_colour(dataset, photometric, pixels)


def deep_dicom_picture(dataset: Dataset) -> DeepGreys:
    """The picture with the greys of its file; black and white are those of :func:`dicom_picture`.

    Stored values stay as they are. What a curve of the headers makes of them, such as a VOI LUT, comes in 16 bits, and
    colour in 8.

    Raises:
        DataError: there is not exactly one grey image, or it cannot be decoded.
    """
    photometric, pixels = _decoded(dataset)
    if photometric in _GREY:
        return _deep(dataset, grey_values(dataset, pixels))
    return DeepGreys.of_values(_grey_of_colour(dataset, photometric, pixels), 0, _BYTE)


def _decoded(dataset: Dataset) -> tuple[str, NDArray[np.integer]]:
    """The photometric interpretation and the pixels, of one sample each where it is grey."""
    photometric = check_headers(dataset)
    if "PixelData" not in dataset:
        raise DataError("has Rows and Columns but no PixelData, or its pixel data end early: was it copied whole?")
    pixels = decoded_pixels(dataset)
    if photometric in _GREY and pixels.ndim != _AXES:
        raise DataError(f"has several samples per pixel, expected one for {photometric}")
    return photometric, pixels


def _grey_of_colour(dataset: Dataset, photometric: str, pixels: NDArray[np.integer]) -> NDArray[np.uint8]:
    if photometric == _PALETTE:
        return grey_of_colour(_through_palette(dataset, pixels), brightest=_BYTE, photometric=photometric)
    brightest = (1 << whole(dataset, "BitsStored", 8)) - 1
    return grey_of_colour(pixels, brightest=brightest, photometric=photometric)


def check_headers(dataset: Dataset) -> str:
    """The photometric interpretation of what is one image of a plausible size; no pixels are needed.

    Raises:
        DataError: it is no image, several, of colours that are not read, or too small or large.
    """
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    if "PixelData" not in dataset and not (rows and columns):
        raise DataError(f"is DICOM without pixels ({text(dataset, 'Modality') or 'no modality'})")
    frames = whole(dataset, "NumberOfFrames", 1)
    if frames > 1:
        raise DataError(f"has {frames} frames, expected 1: split multi-frame DICOM into single images")
    photometric = text(dataset, "PhotometricInterpretation")
    if photometric not in (*_GREY, *_COLOURS):
        raise DataError(f"has PhotometricInterpretation {photometric or 'missing'}, expected {' or '.join(_GREY)}")
    check_size(columns, rows)
    return photometric


def _shown(dataset: Dataset, values: NDArray[np.integer]) -> NDArray[np.uint8]:
    seen = _contrast_of(dataset, values)
    curve, black, white = seen.curve, seen.black, seen.white
    if isinstance(curve, Line):  # the same greys in a fraction of the time
        return to_greys(values, curve.at(black), curve.at(white))
    return _through_table(lambda stored: to_greys(curve(stored), black, white), values)


def _deep(dataset: Dataset, values: NDArray[np.integer]) -> DeepGreys:
    seen = _contrast_of(dataset, values)
    if isinstance(seen.curve, Line):
        ends = (seen.curve.at(end) for end in (seen.black, seen.white))
        return DeepGreys.of_values(values, *ends, numbers=seen.numbers.after(seen.curve))
    shades = _through_table(seen.curve, values)
    least, greatest = float(shades.min()), float(shades.max())
    scale = _WORD / (greatest - least) if greatest > least else 1.0
    fine = np.rint((shades - least) * scale).astype(np.int32)
    ends = ((end - least) * scale for end in (seen.black, seen.white))
    return DeepGreys.of_values(fine, *ends, numbers=seen.numbers.after(Line(1 / scale, least)))


@dataclass(frozen=True, slots=True)
class _Contrast:
    """The curve from stored values, which of its results are black and white, and how a reader is told a result."""

    curve: Curve
    black: float
    white: float
    numbers: Numbers


def _contrast_of(dataset: Dataset, values: NDArray[np.integer]) -> _Contrast:
    scale = GreyScale.of(dataset)
    padding = padding_of(dataset, values)
    seen = sample_of(values)
    if padding is not None:
        inside = seen[~sample_of(padding)]
        seen = inside if inside.size else seen
    contrast = _upright_contrast(scale, scale.modality(seen.astype(np.float32)))
    return replace(contrast, black=contrast.white, white=contrast.black) if scale.inverted else contrast


def _upright_contrast(scale: GreyScale, units: NDArray[np.float32]) -> _Contrast:
    """The contrast before it is inverted.

    Args:
        scale: what the headers say.
        units: a sample of the image in the detector's units.
    """
    if scale.voi is not None:
        low, high = scale.voi_range
        darkest, brightest = robust_range(np.clip(scale.voi(units), low, high))
        if brightest - darkest >= _LEAST_SHARE * (high - low) > 0:
            return _Contrast(_chain(scale.modality, scale.voi), low, high, _numbers(scale, scale.voi))
    return _Contrast(scale.modality, *robust_range(units), Numbers(unit=scale.unit))


def _numbers(scale: GreyScale, voi: Curve) -> Numbers:
    """How results of the VOI are told: as what it was read at, or where that bends as a share of its range."""
    if isinstance(voi, Line):
        return Numbers(voi.back(), scale.unit, scale.margin)
    low, high = scale.voi_range
    return Numbers(Line(_PERCENT / (high - low), -_PERCENT * low / (high - low)), "%")


def _chain(first: Curve, second: Curve) -> Curve:
    if isinstance(first, Line) and isinstance(second, Line):
        return first.then(second)
    return lambda stored: second(first(stored))


def _through_table(
    to_grey: Callable[[NDArray[np.float32]], NDArray[_ShadesT]], values: NDArray[np.integer]
) -> NDArray[_ShadesT]:
    """The greys of all pixels; each value is computed once where there are not too many."""
    least, greatest = int(values.min()), int(values.max())
    if greatest - least >= _TABLE_LIMIT:
        return to_grey(values.astype(np.float32))
    table = to_grey(np.arange(least, greatest + 1, dtype=np.float32))
    return table[values.astype(np.int32) - least] if least else table[values]


def _through_palette(dataset: Dataset, pixels: NDArray[np.integer]) -> NDArray[np.float32]:
    """Red, green and blue ``(H, W, 3)`` from 0 to 255."""
    values = pixels.astype(np.float32)
    tables = [
        LookupTable.read(dataset, f"{colour}PaletteColorLookupTable", name=f"{colour.lower()} palette")
        for colour in ("Red", "Green", "Blue")
    ]
    brightest = max(1.0, *(float(table.entries.max()) for table in tables))
    scale = 1 if brightest <= _BYTE else _BYTE / _WORD
    return np.stack([table(values) * np.float32(scale) for table in tables], axis=-1)
