"""Codestreams that DCMTK does not write, damaged ones, and those for which nothing is installed."""

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from glsmed.client.data.images import read_image
from glsmed.client.data.pictures.dicom_file import open_dicom
from glsmed.client.data.pictures.dicom_picture import dicom_picture
from glsmed.shared.errors import DataError

WriteDicom = Callable[..., Path]
Film = NDArray[np.uint16]


def packed(path: Path, syntax: str, frame: bytes, **elements: object) -> Path:
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.PixelData = encapsulate([frame])
    for name, value in elements.items():
        setattr(dataset, name, value)
    dataset.save_as(path)
    return path


def jpeg_2000(values: NDArray[np.generic], *, reversible: bool = True) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(values, level=0 if reversible else 60, codecformat="j2k", reversible=reversible)
    )


def frames(film: Film) -> dict[str, bytes]:
    return {
        JPEG2000Lossless: jpeg_2000(film),
        JPEGLosslessSV1: bytes(imagecodecs.ljpeg_encode(film, bitspersample=12)),
        JPEGLSLossless: bytes(imagecodecs.jpegls_encode(film)),
        JPEGBaseline8Bit: bytes(imagecodecs.jpeg8_encode((film >> 4).astype(np.uint8))),
    }


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEG2000, HTJ2K])
def test_jpeg_2000_is_read_like_the_pixels_it_was_made_from(write_dicom: WriteDicom, film: Film, syntax: str) -> None:
    path = write_dicom(film, BitsStored=12, HighBit=11)
    expected = dicom_picture(open_dicom(path))
    frame = bytes(imagecodecs.htj2k_encode(film)) if syntax == HTJ2K else jpeg_2000(film, reversible=syntax != JPEG2000)
    greys = dicom_picture(open_dicom(packed(path, syntax, frame)))
    assert np.corrcoef(greys.ravel(), expected.ravel())[0, 1] > 0.99


def test_signed_jpeg_2000_keeps_its_order(write_dicom: WriteDicom, film: Film) -> None:
    path = write_dicom(film, PixelRepresentation=1)
    greys = dicom_picture(open_dicom(packed(path, JPEG2000Lossless, jpeg_2000(film.astype(np.int16) - 2048))))
    assert np.corrcoef(greys.ravel(), film.ravel())[0, 1] > 0.98


def test_a_compressed_film_with_a_wrong_high_bit_is_read(write_dicom: WriteDicom, film: Film) -> None:
    path = packed(write_dicom(film, BitsStored=12, HighBit=15), JPEG2000Lossless, jpeg_2000(film))
    assert np.corrcoef(dicom_picture(open_dicom(path)).ravel(), film.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, JPEGBaseline8Bit])
@pytest.mark.parametrize("share", [0.03, 0.5, 0.98])
def test_a_codestream_that_ends_early_is_named(write_dicom: WriteDicom, film: Film, syntax: str, share: float) -> None:
    frame = frames(film)[syntax]
    path = packed(write_dicom(film, BitsStored=12, HighBit=11), syntax, frame[: int(share * len(frame)) // 2 * 2])
    with pytest.raises(DataError, match=r"its pixel data end early \(JPEG.*\): was the file copied whole\?"):
        read_image(path, size_px=32)


@pytest.mark.filterwarnings("ignore:.*(E|e)nd of file.*:UserWarning", "ignore:.*EOF.*:UserWarning")
@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
@pytest.mark.parametrize("syntax", ["dcmconv +td", "dcmcrle", "dcmcjpeg +e1", "native"])
def test_a_file_that_was_copied_in_part_is_named(
    write_dicom: WriteDicom, dcmtk: object, film: Film, syntax: str, share: float
) -> None:
    path = write_dicom(film, BitsStored=12, HighBit=11)
    if syntax != "native":
        subprocess.run([*syntax.split(), str(path), str(path)], check=True, capture_output=True)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(DataError, match=r"(end|ends) early.*was (the file|it) copied whole"):
        read_image(path, size_px=32)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, JPEGBaseline8Bit])
def test_the_codestream_says_what_it_is_whatever_the_header_says(
    write_dicom: WriteDicom, film: Film, syntax: str
) -> None:
    path = packed(write_dicom(film, BitsStored=12, HighBit=11), JPEGExtended12Bit, frames(film)[syntax])
    assert np.corrcoef(dicom_picture(open_dicom(path)).ravel(), film.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless])
def test_compressed_pixels_without_a_meta_header_are_read(
    write_dicom: WriteDicom, film: Film, tmp_path: Path, syntax: str
) -> None:
    path = packed(write_dicom(film, BitsStored=12, HighBit=11), syntax, frames(film)[syntax])
    content = path.read_bytes()
    bare = tmp_path / "IM0001"
    bare.write_bytes(content[content.index(b"\x08\x00\x60\x00CS") :])  # what follows the meta header
    assert np.corrcoef(dicom_picture(open_dicom(bare)).ravel(), film.ravel())[0, 1] > 0.98


def test_damaged_data_are_named_with_their_syntax(write_dicom: WriteDicom, film: Film) -> None:
    path = packed(write_dicom(film), JPEGLSLossless, b"\xff\xd8" + bytes(60) + b"\xff\xd9")
    with pytest.raises(DataError, match="its pixels cannot be decoded: the JPEG-LS Lossless data are damaged"):
        read_image(path, size_px=32)


def test_short_run_lengths_are_damaged(write_dicom: WriteDicom, film: Film) -> None:
    path = packed(write_dicom(film), RLELossless, bytes(64))
    with pytest.raises(DataError, match="the RLE Lossless data are damaged"):
        read_image(path, size_px=32)


def test_a_damaged_size_is_seen_before_the_decoder_asks_for_memory(
    write_dicom: WriteDicom, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = bytearray(frames(film)[JPEG2000Lossless])
    frame[8:10] = b"\x0f\xff"  # columns by the billion
    path = packed(write_dicom(film), JPEG2000Lossless, bytes(frame))
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", lambda _: pytest.fail("was decoded"))
    with pytest.raises(DataError, match=r"Rows x Columns are 120 x 96, but the JPEG 2000 .* data hold 120 x 268370016"):
        read_image(path, size_px=32)


def test_another_size_than_the_headers_say_is_named(write_dicom: WriteDicom, film: Film) -> None:
    path = packed(write_dicom(film), JPEG2000Lossless, jpeg_2000(film[:64]))
    with pytest.raises(DataError, match=r"Rows x Columns are 120 x 96, but the JPEG 2000 .* data hold 64 x 96"):
        read_image(path, size_px=32)


@pytest.mark.parametrize(
    ("syntax", "name"), [("1.2.840.10008.1.2.4.102", "MPEG-4"), ("1.2.840.10008.1.2.4.52", "JPEG")]
)
def test_a_syntax_without_a_decoder_says_what_to_do(
    write_dicom: WriteDicom, film: Film, syntax: str, name: str
) -> None:
    path = packed(write_dicom(film), syntax, bytes(64))
    with pytest.raises(DataError, match=rf"transfer syntax {name}.* is not supported; export it uncompressed"):
        read_image(path, size_px=32)


@given(st.data())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60, deadline=None
)
def test_a_spoiled_codestream_is_an_image_or_one_clear_error(
    write_dicom: WriteDicom, film: Film, data: st.DataObject
) -> None:
    syntax = data.draw(st.sampled_from([JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, JPEGBaseline8Bit]))
    spoiled = bytearray(frames(film[:32, :32])[syntax])
    for position in data.draw(st.lists(st.integers(2, len(spoiled) - 3), min_size=1, max_size=8)):
        spoiled[position] = data.draw(st.integers(0, 255))
    path = packed(write_dicom(film[:32, :32], BitsStored=12, HighBit=11), syntax, bytes(spoiled))
    with contextlib.suppress(DataError):  # any other error fails the test
        assert read_image(path, size_px=32).shape == (32, 32)
