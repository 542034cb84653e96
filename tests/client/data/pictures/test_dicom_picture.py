"""Each way to write a film as DICOM is shown as DCMTK shows it, or refused in words of DICOM."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from glsmed.client.data.pictures.dicom_file import open_dicom
from glsmed.client.data.pictures.dicom_picture import deep_dicom_picture, dicom_picture
from glsmed.shared.errors import DataError

WriteDicom = Callable[..., Path]
Render = Callable[..., NDArray[np.uint8]]
Film = NDArray[np.uint16]
LEAST_CORRELATION = 0.98
WINDOW = {"WindowCenter": "1700", "WindowWidth": "2600"}
FIRST_WINDOW = ("--use-window", "1")


def shown(path: Path) -> NDArray[np.uint8]:
    return dicom_picture(open_dicom(path))


def through_its_window(path: Path) -> NDArray[np.uint8]:
    """What a viewer makes of all greys, with the window that it is given."""
    deep = deep_dicom_picture(open_dicom(path))
    seen = (deep.greys.astype(float) - deep.black) / max(deep.white - deep.black, 1e-9)
    return np.asarray(np.rint(255 * seen.clip(0, 1)), dtype=np.uint8)


def correlation(left: NDArray[Any], right: NDArray[Any]) -> float:
    return float(np.corrcoef(left.ravel(), right.ravel())[0, 1])


def table(entries: NDArray[np.integer], *, first: int = 0, bits: int = 16, packed: bool = False) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item.add_new("LUTData", "OW", entries.astype("u1" if packed else "<u2").tobytes())
    return item


RAMP = np.arange(4096)
CURVE = 4095 * (RAMP / 4095) ** 0.7


@pytest.mark.parametrize(
    ("elements", "options"),
    [
        pytest.param({}, (), id="no window"),
        pytest.param(WINDOW, FIRST_WINDOW, id="window"),
        pytest.param({**WINDOW, "RescaleSlope": "-1", "RescaleIntercept": "4095"}, FIRST_WINDOW, id="negative slope"),
        pytest.param({"RescaleSlope": "-1", "RescaleIntercept": "4095"}, (), id="negative slope, no window"),
        pytest.param(
            {**WINDOW, "RescaleSlope": "-1", "RescaleIntercept": "4095", "PhotometricInterpretation": "MONOCHROME1"},
            FIRST_WINDOW,
            id="negative slope, MONOCHROME1",
        ),
        pytest.param({"PhotometricInterpretation": "MONOCHROME1"}, (), id="MONOCHROME1"),
        pytest.param({**WINDOW, "PhotometricInterpretation": "MONOCHROME1"}, FIRST_WINDOW, id="MONOCHROME1, window"),
        pytest.param({"PresentationLUTShape": "INVERSE"}, (), id="INVERSE"),
        pytest.param({**WINDOW, "PresentationLUTShape": "INVERSE"}, FIRST_WINDOW, id="INVERSE, window"),
        pytest.param(
            {"PresentationLUTShape": "INVERSE", "PhotometricInterpretation": "MONOCHROME1"},
            (),
            id="INVERSE and MONOCHROME1 invert once",
        ),
        pytest.param(
            {"PresentationLUTShape": "IDENTITY", "PhotometricInterpretation": "MONOCHROME1"},
            (),
            id="IDENTITY and MONOCHROME1",
        ),
        pytest.param({**WINDOW, "VOILUTFunction": "SIGMOID"}, FIRST_WINDOW, id="SIGMOID"),
        pytest.param({**WINDOW, "VOILUTFunction": "LINEAR_EXACT"}, FIRST_WINDOW, id="LINEAR_EXACT"),
        pytest.param({**WINDOW, "VOILUTFunction": ""}, FIRST_WINDOW, id="blank VOI function"),
        pytest.param({"WindowCenter": ["1700", "400"], "WindowWidth": ["2600", "90"]}, FIRST_WINDOW, id="two windows"),
        pytest.param({"WindowCenter": "1700", "WindowWidth": "0"}, (), id="width 0"),
        pytest.param({"WindowCenter": "1700", "WindowWidth": "-5"}, (), id="width below 0"),
        pytest.param({"WindowCenter": "1700", "WindowWidth": ""}, (), id="blank width"),
        pytest.param({"WindowCenter": "", "WindowWidth": ""}, (), id="blank window"),
        pytest.param({"WindowCenter": "99999", "WindowWidth": "10"}, (), id="window above the values"),
        pytest.param({"WindowCenter": "-5000", "WindowWidth": "100"}, (), id="window below the values"),
        pytest.param({"WindowCenter": "32768", "WindowWidth": "65536"}, (), id="window far too wide"),
        pytest.param({"RescaleSlope": "", "RescaleIntercept": ""}, (), id="blank rescale"),
        pytest.param({**WINDOW, "RescaleSlope": "", "RescaleIntercept": ""}, FIRST_WINDOW, id="blank rescale, window"),
        pytest.param({"RescaleSlope": "0", "RescaleIntercept": "0"}, None, id="slope 0"),
        pytest.param(
            {"VOILUTSequence": [table(CURVE.astype(int), bits=12)]}, ("--use-voi-lut", "1"), id="12-bit VOI LUT"
        ),
        pytest.param(
            {"VOILUTSequence": [table((CURVE / 16).astype(int), bits=8)]}, ("--use-voi-lut", "1"), id="8-bit VOI LUT"
        ),
        pytest.param(
            {"VOILUTSequence": [table((CURVE / 16).astype(int), bits=8, packed=True)]},
            ("--use-voi-lut", "1"),
            id="8-bit VOI LUT, two entries a word",
        ),
        pytest.param(
            {"VOILUTSequence": [table(CURVE[300:3600].astype(int), first=300)]},
            ("--use-voi-lut", "1"),
            id="VOI LUT that starts late",
        ),
        pytest.param(
            {"ModalityLUTSequence": [table(4095 - CURVE.astype(int), bits=12)]},
            (),
            id="12-bit Modality LUT that inverts",
        ),
        pytest.param(
            {"ModalityLUTSequence": [table(CURVE.astype(int), bits=12)], **WINDOW},
            FIRST_WINDOW,
            id="Modality LUT, window",
        ),
        pytest.param({"PixelPaddingValue": 3500}, (), id="padding"),
    ],
)
def test_a_film_is_shown_as_dcmtk_shows_it(
    write_dicom: WriteDicom, dcmtk: Render, film: Film, elements: dict[str, Any], options: tuple[str, ...] | None
) -> None:
    path = write_dicom(film, BitsStored=12, HighBit=11, **elements)
    if options is None:  # DCMTK refuses it: the film as it would be without the element
        path, plain = path, write_dicom(film, name="plain.dcm", BitsStored=12, HighBit=11)
        assert correlation(shown(path), dcmtk(plain)) > LEAST_CORRELATION
    else:
        assert correlation(shown(path), dcmtk(path, *options)) > LEAST_CORRELATION
    assert len(np.unique(shown(path))) > 100
    assert np.abs(through_its_window(path).astype(int) - shown(path)).max() <= 1


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_a_viewer_gets_every_stored_value(write_dicom: WriteDicom, film: Film, photometric: str) -> None:
    path = write_dicom(film, BitsStored=12, HighBit=11, PhotometricInterpretation=photometric, **WINDOW)
    deep = deep_dicom_picture(open_dicom(path))
    expected = film if photometric == "MONOCHROME2" else film.max() - film
    assert deep.greys.dtype == np.uint16
    assert np.array_equal(deep.greys, expected)
    assert deep.white - deep.black == pytest.approx(2599)


def test_a_modality_lut_keeps_its_steps_for_a_viewer(write_dicom: WriteDicom, film: Film) -> None:
    path = write_dicom(film, BitsStored=12, HighBit=11, ModalityLUTSequence=[table(CURVE.astype(int), bits=12)])
    assert len(np.unique(deep_dicom_picture(open_dicom(path)).greys)) == len(np.unique(CURVE.astype(int)[film]))


def told(path: Path) -> tuple[NDArray[np.float64], float, float, str]:
    """What a viewer tells of a file: the number of each pixel, the window and level it begins with, and their unit."""
    deep = deep_dicom_picture(open_dicom(path))
    line, margin = deep.numbers.line, deep.numbers.margin
    black, white = (line.slope * end + line.intercept for end in (deep.black, deep.white))
    greys = deep.greys.astype(float) * line.slope + line.intercept
    return greys, abs(white - black) + margin, (black + white + margin) / 2, deep.numbers.unit


HU = {"RescaleSlope": "2", "RescaleIntercept": "-1024", "RescaleType": "HU"}


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", ""])
@pytest.mark.parametrize(
    ("elements", "slope", "intercept"),
    [({}, 1, 0), (HU, 2, -1024), ({"RescaleSlope": "-1", "RescaleIntercept": "4095"}, -1, 4095)],
    ids=["stored", "HU", "negative slope"],
)
def test_a_viewer_tells_the_numbers_of_the_headers(
    write_dicom: WriteDicom,
    film: Film,
    photometric: str,
    function: str,
    elements: dict[str, str],
    slope: float,
    intercept: float,
) -> None:
    file = {"BitsStored": 12, "HighBit": 11, "PhotometricInterpretation": photometric, "VOILUTFunction": function}
    greys, window, level, unit = told(write_dicom(film, **file, **WINDOW, **elements))
    assert np.allclose(greys, slope * film.astype(float) + intercept, atol=1e-3)
    assert (window, level) == pytest.approx((2600, 1700))
    assert unit == elements.get("RescaleType", "")


def test_without_a_window_it_is_told_from_black_to_white(write_dicom: WriteDicom, film: Film) -> None:
    values = np.tile(np.array([[100, 300]], dtype=np.uint16), (40, 40))
    _, window, level, _ = told(write_dicom(values, **HU))
    assert (window, level) == pytest.approx((2 * 200, 2 * 200 - 1024))


@pytest.mark.parametrize("kind", ["HU", "US"])
@pytest.mark.parametrize("elements", [{}, WINDOW], ids=["no window", "window"])
def test_a_modality_lut_is_told_by_its_entries(
    write_dicom: WriteDicom, film: Film, elements: dict[str, str], kind: str
) -> None:
    item = table(CURVE.astype(int), bits=12)
    item.ModalityLUTType = kind
    path = write_dicom(film, BitsStored=12, HighBit=11, ModalityLUTSequence=[item], **elements)
    greys, window, level, unit = told(path)
    assert np.allclose(greys, CURVE.astype(int)[film], atol=0.1)
    assert unit == ("HU" if kind == "HU" else "")
    if elements:
        assert (window, level) == pytest.approx((2600, 1700), abs=0.1)


def test_a_curve_of_the_file_is_told_in_percent(write_dicom: WriteDicom, film: Film) -> None:
    file = {"BitsStored": 12, "HighBit": 11, **WINDOW, **HU}
    lut = table(4 * CURVE.astype(int) + 100, first=(1 << 16) - 1024)  # 16 bits with a sign
    bent = write_dicom(film, name="bent.dcm", **file, VOILUTSequence=[lut])
    sigmoid = write_dicom(film, name="sigmoid.dcm", **file, VOILUTFunction="SIGMOID")
    for path in (bent, sigmoid):
        greys, window, level, unit = told(path)
        assert (window, level) == pytest.approx((100, 50), abs=0.1)
        assert unit == "%"
        assert -0.1 <= greys.min() < greys.max() <= 100.1
    middle = 1 / (1 + np.exp(-4 * (2.0 * film - 1024 - 1700) / 2600))
    assert np.allclose(told(sigmoid)[0], 100 * middle, atol=0.01)


@pytest.mark.parametrize(
    ("elements", "unit"),
    [
        ({"Modality": "CT"}, "HU"),
        ({"Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}, "HU"),
        ({"Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, ""),
        ({"Modality": "CT", "ImageType": ["DERIVED", "SECONDARY", "MPR"]}, ""),
        ({"Modality": "CT", "ImageType": ["DERIVED", "SECONDARY", "MPR"], "RescaleType": "HU"}, "HU"),
        ({"Modality": "CT", "RescaleType": "US"}, ""),
        ({"Modality": "CT", "RescaleIntercept": None}, ""),
        ({"Modality": "DX"}, ""),
        ({"Modality": "DX", "RescaleType": "OD"}, ""),
    ],
)
def test_hounsfield_units_are_named_where_the_headers_mean_them(
    write_dicom: WriteDicom, film: Film, elements: dict[str, Any], unit: str
) -> None:
    path = write_dicom(film, **{"RescaleSlope": "1", "RescaleIntercept": "-1024", **elements})
    assert told(path)[-1] == unit


def test_a_comma_in_a_window_is_a_decimal_point(write_dicom: WriteDicom, dcmtk: Render, film: Film) -> None:
    path = write_dicom(film, BitsStored=12, HighBit=11, WindowCenter="1700.5", WindowWidth="2600.5")
    spelled = path.with_name("comma.dcm")
    spelled.write_bytes(path.read_bytes().replace(b"1700.5", b"1700,5").replace(b"2600.5", b"2600,5"))
    assert correlation(shown(spelled), dcmtk(path, *FIRST_WINDOW)) > LEAST_CORRELATION


@pytest.mark.parametrize(
    ("high_bit", "beside"),
    [(15, 0), (13, 0), (11, 0xF000), (13, 0xC003), (11, 0x8000)],
    ids=["HighBit 15", "HighBit 13", "overlay above", "overlay on both sides", "one overlay"],
)
def test_only_the_stored_bits_count(
    write_dicom: WriteDicom, dcmtk: Render, film: Film, high_bit: int, beside: int
) -> None:
    noise = np.random.default_rng(0).integers(0, 1 << 16, film.shape, dtype=np.uint16) & beside
    path = write_dicom((film << (high_bit - 11)) | noise, BitsStored=12, HighBit=high_bit)
    assert correlation(shown(path), dcmtk(path)) > LEAST_CORRELATION
    assert correlation(shown(path), film) > LEAST_CORRELATION


@pytest.mark.parametrize("stored", [12, 16])
def test_signed_pixels_keep_their_order(write_dicom: WriteDicom, dcmtk: Render, film: Film, stored: int) -> None:
    signed = (film.astype(np.int16) - 2048).view(np.uint16) & ((1 << stored) - 1)
    path = write_dicom(signed, BitsStored=stored, HighBit=stored - 1, PixelRepresentation=1)
    assert correlation(shown(path), dcmtk(path)) > LEAST_CORRELATION


def test_eight_bits_are_read(write_dicom: WriteDicom, dcmtk: Render, film: Film) -> None:
    eight = (film >> 4).astype(np.uint8)
    path = write_dicom(film, BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=eight.tobytes())
    assert correlation(shown(path), dcmtk(path)) > LEAST_CORRELATION


@pytest.mark.parametrize(
    "border",
    [
        {"value": 65_535},
        {"value": 65_535, "PixelPaddingValue": 65_535},
        {"value": 60_000, "PixelPaddingValue": 65_535, "PixelPaddingRangeLimit": 50_000},
        {"value": 0},
    ],
    ids=["white", "padding", "padding in a range", "black"],
)
def test_a_border_does_not_flatten_the_film(write_dicom: WriteDicom, film: Film, border: dict[str, int]) -> None:
    framed = film.copy() + (0 if border["value"] else 30_000)
    framed[:12], framed[:, :9], framed[:, -9:] = (border["value"],) * 3
    path = write_dicom(framed, **{name: number for name, number in border.items() if name != "value"})
    inside = shown(path)[12:, 9:-9]
    assert correlation(inside, film[12:, 9:-9]) > LEAST_CORRELATION
    assert inside.std() > 30


def test_a_padding_within_the_range_is_left_out_of_it(write_dicom: WriteDicom, film: Film) -> None:
    """The positive control of the border: its value lies near the film's own, so only the header tells them apart."""
    framed = film.copy()
    framed[:60] = 4095
    spread = {
        name: shown(write_dicom(framed, name=name, **elements))[60:].std()
        for name, elements in {"plain.dcm": {}, "padded.dcm": {"PixelPaddingValue": 4095}}.items()
    }
    assert spread["padded.dcm"] > 1.15 * spread["plain.dcm"]


@pytest.mark.parametrize("count", [1, 5, 40])
def test_hot_pixels_do_not_flatten_the_film(write_dicom: WriteDicom, film: Film, count: int) -> None:
    hot = film.copy()
    hot.ravel()[np.random.default_rng(1).choice(hot.size, count, replace=False)] = 65_535
    cold = hot < 65_535
    picture = shown(write_dicom(hot))
    assert correlation(picture[cold], film[cold]) > LEAST_CORRELATION
    assert picture[cold].std() > 40


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("name", ["IM0001", "bare.dcm"])
def test_a_data_set_without_a_meta_header_is_read(
    write_dicom: WriteDicom, film: Film, tmp_path: Path, syntax: str, name: str
) -> None:
    dataset = Dataset(pydicom.dcmread(write_dicom(film)))
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = film.astype(">u2").tobytes()
    pydicom.dcmwrite(
        tmp_path / name,
        dataset,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=False,
    )
    assert correlation(shown(tmp_path / name), film) > LEAST_CORRELATION


@pytest.mark.parametrize(
    "command",
    ["dcmcjpeg +e1", "dcmcjpeg +el", "dcmcjpeg +ee", "dcmcjpls", "dcmcjpls +en", "dcmcrle", "dcmconv +td"],
    ids=["JPEG lossless 1", "JPEG lossless 14", "JPEG extended", "JPEG-LS", "JPEG-LS near", "RLE", "deflated"],
)
@pytest.mark.parametrize("signed", [False, True])
def test_what_dcmtk_compressed_is_read(
    write_dicom: WriteDicom, dcmtk: Render, film: Film, command: str, signed: bool
) -> None:
    if signed and command.endswith(("+ee", "+en")):
        pytest.skip("DCMTK's lossy compression does not take signed pixels")
    values = (film.astype(np.int16) - 2048).view(np.uint16) & 0xFFF if signed else film
    path = write_dicom(values, BitsStored=12, HighBit=11, PixelRepresentation=int(signed), **WINDOW)
    packed = path.with_name("packed.dcm")
    subprocess.run([*command.split(), str(path), str(packed)], check=True, capture_output=True)
    assert packed.stat().st_size != path.stat().st_size
    assert correlation(shown(packed), dcmtk(path, *FIRST_WINDOW)) > LEAST_CORRELATION


def test_baseline_jpeg_is_read(write_dicom: WriteDicom, dcmtk: Render, film: Film) -> None:
    eight = (film >> 4).astype(np.uint8)
    path = write_dicom(film, BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=eight.tobytes())
    packed = path.with_name("packed.dcm")
    subprocess.run(["dcmcjpeg", "+eb", str(path), str(packed)], check=True, capture_output=True)
    assert correlation(shown(packed), dcmtk(path)) > LEAST_CORRELATION


def test_a_program_for_the_reference_is_here_or_its_tests_skip() -> None:
    assert (shutil.which("dcm2pnm") is None) == (shutil.which("dcmj2pnm") is None)


@pytest.mark.parametrize("element", ["Rows", "BitsAllocated", "PhotometricInterpretation"])
def test_a_missing_element_is_named(write_dicom: WriteDicom, film: Film, element: str) -> None:
    with pytest.raises(DataError, match=element if element != "Rows" else "too small"):
        shown(write_dicom(film, **{element: None}))
