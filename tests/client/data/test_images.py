import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from glsmed.client.data import images
from glsmed.client.data.images import read_image
from glsmed.shared.errors import DataError

SIDE = 32
WriteDicom = Callable[..., Path]


def gradient() -> NDArray[np.uint8]:
    """Dark left, bright right, from 0 to 255."""
    return np.tile(np.linspace(0, 255, SIDE).round().astype(np.uint8), (SIDE, 1))


def saved(folder: Path, image: Image.Image, name: str, **options: Any) -> Path:
    image.save(folder / name, **options)
    return folder / name


def close(left: NDArray[np.uint8], right: NDArray[np.uint8], *, most: int = 1) -> bool:
    return bool(np.abs(left.astype(int) - right.astype(int)).max() <= most)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1"])
def test_every_kind_of_png_becomes_its_grey(tmp_path: Path, mode: str) -> None:
    picture = gradient() if mode != "1" else (gradient() > 127).astype(np.uint8) * 255
    path = saved(tmp_path, Image.fromarray(picture).convert(mode), "image.png")
    assert close(read_image(path, size_px=SIDE), picture)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_becomes_its_grey(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path, Image.fromarray(gradient()).convert("RGB").convert(mode), "image.jpg", quality=100)
    assert close(read_image(path, size_px=SIDE), gradient(), most=4)


def test_sixteen_bits_are_scaled_by_their_own_range(tmp_path: Path) -> None:
    deep = (gradient().astype(np.uint16) * 16) + 300
    path = saved(tmp_path, Image.fromarray(deep), "image.png")
    assert close(read_image(path, size_px=SIDE), gradient())


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_what_is_transparent_is_black(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0))
    path = tmp_path / "image.png"
    if mode == "P":
        Image.new("P", (SIDE, SIDE), 1).save(path, transparency=bytes([255, 0]))
    else:
        image.save(path)
    assert read_image(path, size_px=SIDE).max() == 0


def test_a_photograph_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    path = saved(tmp_path, Image.fromarray(gradient()), "image.jpg", quality=100, exif=exif)
    assert close(read_image(path, size_px=SIDE), gradient()[::-1, ::-1], most=4)


def test_the_longer_side_fits_and_the_rest_is_black(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("L", (64, 32), 200), "image.png")
    read = read_image(path, size_px=SIDE)
    assert read.shape == (SIDE, SIDE)
    assert read.dtype == np.uint8
    assert read[8:24].min() == 200
    assert read[:8].max() == read[24:].max() == 0


def test_a_large_jpeg_is_read_as_if_decoded_whole(tmp_path: Path) -> None:
    large = Image.fromarray(gradient()).resize((640, 640), Image.Resampling.BICUBIC)
    path = saved(tmp_path, large, "image.jpg", quality=95)
    expected = large.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    assert close(read_image(path, size_px=SIDE), np.asarray(expected), most=3)


def test_dicom_without_a_window_is_scaled_by_its_range(write_dicom: WriteDicom) -> None:
    path = write_dicom(gradient().astype(np.uint16) * 10 + 7)
    assert close(read_image(path, size_px=SIDE), gradient())


def test_monochrome1_is_inverted(write_dicom: WriteDicom) -> None:
    path = write_dicom(gradient().astype(np.uint16), PhotometricInterpretation="MONOCHROME1")
    assert close(read_image(path, size_px=SIDE), 255 - gradient())


def test_rescale_comes_before_the_window(write_dicom: WriteDicom) -> None:
    # values 0..2550 after rescale; the window 500..1500 cuts what is darker and brighter
    path = write_dicom(
        gradient().astype(np.uint16), RescaleSlope="10", RescaleIntercept="0", WindowCenter="1000", WindowWidth="1000"
    )
    expected = np.clip((gradient().astype(float) * 10 - 500) / 1000, 0, 1) * 255
    assert close(read_image(path, size_px=SIDE), expected.astype(np.uint8), most=2)


def test_a_lookup_table_decides_over_the_window(write_dicom: WriteDicom) -> None:
    table = Dataset()
    table.LUTDescriptor = [256, 0, 16]
    table.LUTData = np.repeat(np.array([0, 1000], dtype="<u2"), 128).tobytes()
    path = write_dicom(gradient().astype(np.uint16), VOILUTSequence=[table], WindowCenter="10", WindowWidth="5")
    assert close(read_image(path, size_px=SIDE), np.where(gradient() < 128, 0, 255).astype(np.uint8))


def test_compressed_dicom_is_decoded(write_dicom: WriteDicom) -> None:
    path = write_dicom(gradient().astype(np.uint16) * 10)
    dataset = pydicom.dcmread(path)
    dataset.compress(RLELossless)
    dataset.save_as(path)
    assert close(read_image(path, size_px=SIDE), gradient())


def test_dicom_is_known_by_its_content_whatever_its_name(write_dicom: WriteDicom) -> None:
    path = write_dicom(gradient().astype(np.uint16), name="IM0001")
    assert close(read_image(path, size_px=SIDE), gradient())


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({"PixelData": None, "Rows": None, "Modality": "SR"}, r"is DICOM without pixels \(SR\)"),
        ({"PixelData": None}, "has Rows and Columns but no PixelData"),
        ({"NumberOfFrames": 3}, "has 3 frames, expected 1: split"),
        (
            {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3},
            "end early: Rows, Columns and BitsAllocated need 6144",
        ),
        ({"PhotometricInterpretation": "CMYK"}, "has PhotometricInterpretation CMYK, expected MONOCHROME1"),
        ({"PhotometricInterpretation": None}, "has PhotometricInterpretation missing, expected MONOCHROME1"),
        ({"Rows": 60_000, "Columns": 60_000}, "far more pixels than a radiograph: 60000 x 60000"),
        ({"PixelData": b"\0\0"}, "its pixel data end early: .* need 2048 bytes, got 2"),
        ({"BitsAllocated": 12}, "has BitsAllocated 12, expected 8, 16 or 32"),
        ({"VOILUTSequence": [Dataset()]}, "its VOILUTSequence has no LUTDescriptor"),
        ({"Rows": None}, "too small for a radiograph"),
    ],
)
def test_dicom_that_is_no_radiograph_is_refused(
    write_dicom: WriteDicom, elements: dict[str, object], message: str
) -> None:
    path = write_dicom(gradient().astype(np.uint16), **elements)
    with pytest.raises(DataError, match=message) as caught:
        read_image(path, size_px=SIDE)
    assert str(caught.value).startswith(f"{path}: ")


def _png(width: int, height: int, mode: str = "L") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), 1).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("zero.png", b"", "is empty"),
        ("text.png", b"No acute findings.", "is not a PNG, JPEG or DICOM image"),
        ("text.dcm", b"No acute findings.", "is not a DICOM file"),
        ("zero.dcm", b"", "is empty"),
        ("picture.gif", b"GIF89a" + bytes(60), "is not a PNG, JPEG or DICOM image"),
        ("one.png", _png(1, 1), "is 1 x 1 pixels: too small"),
        ("large.png", _png(9100, 9100, "1"), "far more pixels than a radiograph"),
        ("bomb.png", _png(14_000, 14_000, "1"), "far more pixels than a radiograph"),
        ("short.png", _png(40, 40)[:60], "cannot be read"),
    ],
)
def test_a_file_that_is_no_image_is_refused_by_name(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_image(tmp_path / name, size_px=SIDE)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.png: cannot be read: No such file"):
        read_image(tmp_path / "none.png", size_px=SIDE)


def _noise_jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


NOISE_JPEG = _noise_jpeg()


@given(st.integers(0, len(NOISE_JPEG) - 12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_a_truncated_jpeg_is_refused_wherever_it_ends(tmp_path: Path, length: int) -> None:
    (tmp_path / "image.jpg").write_bytes(NOISE_JPEG[:length])
    with pytest.raises(DataError):
        read_image(tmp_path / "image.jpg", size_px=SIDE)


@given(st.data())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200, deadline=None
)
def test_a_spoiled_file_is_an_image_or_one_clear_error(
    tmp_path: Path, write_dicom: WriteDicom, data: st.DataObject
) -> None:
    whole = {
        "a.png": _png(20, 20),
        "a.jpg": NOISE_JPEG,
        "a.dcm": write_dicom(gradient().astype(np.uint16), name="whole.dcm").read_bytes(),
    }
    name = data.draw(st.sampled_from(sorted(whole)))
    spoiled = bytearray(whole[name])
    for position in data.draw(st.lists(st.integers(0, len(spoiled) - 1), min_size=1, max_size=8)):
        spoiled[position] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(bytes(spoiled))
    with contextlib.suppress(DataError):  # any other error fails the test
        assert read_image(tmp_path / name, size_px=16).shape == (16, 16)


def test_a_large_file_is_refused_before_it_is_read_into_memory(
    write_dicom: WriteDicom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cine loop of some gigabytes must not fill the memory before it is refused."""
    path = write_dicom(gradient().astype(np.uint16), NumberOfFrames=3)
    monkeypatch.setattr(images, "_LARGE_BYTES", 100)
    monkeypatch.setattr(images, "dicom_picture", lambda _: pytest.fail("was read"))
    with pytest.raises(DataError, match="has 3 frames, expected 1"):
        read_image(path, size_px=SIDE)


def test_the_contrast_of_regions_is_lifted_where_that_is_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray((100 + gradient() // 8).astype(np.uint8)), "image.png")
    plain, lifted = (read_image(path, size_px=SIDE, clahe=clahe) for clahe in (False, True))
    assert np.ptp(lifted) > 1.5 * np.ptp(plain)
    assert np.corrcoef(plain.ravel(), lifted.ravel())[0, 1] > 0.8
