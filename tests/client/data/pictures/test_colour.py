from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels import convert_color_space
from pydicom.uid import JPEGBaseline8Bit

from glsmed.client.data.pictures.dicom_file import open_dicom
from glsmed.client.data.pictures.dicom_picture import dicom_picture
from glsmed.shared.errors import DataError

WriteDicom = Callable[..., Path]
Film = NDArray[np.uint16]
EIGHT = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}


def greys(film: Film) -> NDArray[np.uint8]:
    return (film >> 4).astype(np.uint8)


def rgb(film: Film) -> NDArray[np.uint8]:
    return np.repeat(greys(film)[..., None], 3, axis=-1)


def written(write_dicom: WriteDicom, pixels: NDArray[np.uint8], photometric: str, **elements: object) -> Path:
    return write_dicom(
        pixels[..., 0].astype(np.uint16),
        PhotometricInterpretation=photometric,
        SamplesPerPixel=3,
        **{"PixelData": pixels.tobytes(), "PlanarConfiguration": 0, **EIGHT, **elements},
    )


def shown(path: Path) -> NDArray[np.uint8]:
    return dicom_picture(open_dicom(path))


def test_equal_channels_are_one_grey(write_dicom: WriteDicom, film: Film) -> None:
    assert np.abs(shown(written(write_dicom, rgb(film), "RGB")).astype(int) - greys(film)).max() <= 1


def test_planes_one_after_the_other_are_read(write_dicom: WriteDicom, film: Film) -> None:
    planes = np.moveaxis(rgb(film), -1, 0).copy()
    path = written(write_dicom, rgb(film), "RGB", PlanarConfiguration=1, PixelData=planes.tobytes())
    assert np.abs(shown(path).astype(int) - greys(film)).max() <= 1


def test_ybr_is_read(write_dicom: WriteDicom, film: Film) -> None:
    pixels = convert_color_space(rgb(film), "RGB", "YBR_FULL")
    assert np.abs(shown(written(write_dicom, pixels, "YBR_FULL")).astype(int) - greys(film)).max() <= 2


def test_jpeg_in_colour_is_read(write_dicom: WriteDicom, film: Film) -> None:
    path = written(write_dicom, rgb(film), "YBR_FULL_422")
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([bytes(imagecodecs.jpeg8_encode(rgb(film), level=95))])
    dataset.save_as(path)
    assert np.corrcoef(shown(path).ravel(), film.ravel())[0, 1] > 0.98


def test_a_grey_palette_is_read(write_dicom: WriteDicom, film: Film) -> None:
    entries = np.arange(255, -1, -1, dtype="<u2") * 257  # the palette inverts
    palette = {
        f"{colour}PaletteColorLookupTable{part}": value
        for colour in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", entries.tobytes()))
    }
    path = write_dicom(
        film, PhotometricInterpretation="PALETTE COLOR", PixelData=greys(film).tobytes(), **EIGHT, **palette
    )
    assert np.corrcoef(shown(path).ravel(), film.ravel())[0, 1] < -0.98


def test_a_palette_that_is_missing_is_named(write_dicom: WriteDicom, film: Film) -> None:
    path = write_dicom(film, PhotometricInterpretation="PALETTE COLOR", PixelData=greys(film).tobytes(), **EIGHT)
    with pytest.raises(DataError, match="its red palette has no RedPaletteColorLookupTableDescriptor"):
        shown(path)


def test_a_coloured_mark_is_tolerated(write_dicom: WriteDicom, film: Film) -> None:
    marked = rgb(film)
    marked[100:110, 40:60] = (255, 220, 0)
    assert shown(written(write_dicom, marked, "RGB")).shape == film.shape


def test_colour_is_refused_in_words(write_dicom: WriteDicom, film: Film) -> None:
    coloured = rgb(film)
    coloured[..., 2] = 255 - coloured[..., 2]
    with pytest.raises(
        DataError, match=r"is a colour image \(PhotometricInterpretation RGB, \d+% .*expected a grey one"
    ):
        shown(written(write_dicom, coloured, "RGB", Modality="DX"))
