"""Data that were damaged on their way: named, where a decoder would show grey or noise and say nothing."""

import io
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.uid import JPEGBaseline8Bit, JPEGLosslessSV1, RLELossless

from glsmed.client.data.images import read_image
from glsmed.shared.errors import DataError
from tests.client.data.pictures.codestreams.test_dicom_frames import packed
from tests.drawn_dicom import phantom

WriteDicom = Callable[..., Path]
Film = NDArray[np.uint16]
Damage = Callable[[bytes, int], bytes]


def zeros(raw: bytes, place: int) -> bytes:
    """A block of a disk that was never written."""
    return raw[:place] + bytes(512) + raw[place + 512 :]


def noise(raw: bytes, place: int) -> bytes:
    return raw[:place] + np.random.default_rng(place).bytes(512) + raw[place + 512 :]


def hole(raw: bytes, place: int) -> bytes:
    """Part of the data is missing, the end is there."""
    return raw[:place] + raw[place + 900 :]


def repeated(raw: bytes, place: int) -> bytes:
    return raw[: place + 600] + raw[place:]


DAMAGES = (zeros, noise, hole, repeated)


def as_jpeg(film: Film, **options: bool) -> bytes:
    stream = io.BytesIO()
    Image.fromarray((film >> 4).astype(np.uint8)).save(stream, "JPEG", quality=92, **options)
    return stream.getvalue()


def as_png(film: Film) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(film).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def film() -> Film:
    """``(300, 260)`` with 12 bits and the noise of a detector, so that its data are long."""
    return phantom(5, 300)[:, :260]


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_image(path, size_px=64)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(("progressive", "share"), [(False, 0.3), (False, 0.8), (True, 0.3)])
def test_a_damaged_jpeg_is_named(tmp_path: Path, film: Film, damage: Damage, progressive: bool, share: float) -> None:
    raw = as_jpeg(film, progressive=progressive)
    path = tmp_path / "a.jpg"
    path.write_bytes(raw)
    read_image(path, size_px=64)
    path.write_bytes(damage(raw, int(share * len(raw))))
    assert "damaged" in refusal(path)


def test_a_plain_decoder_says_nothing_of_it(film: Film) -> None:
    raw = as_jpeg(film)
    with Image.open(io.BytesIO(zeros(raw, len(raw) // 2))) as image:
        image.load()


def test_a_jpeg_with_signs_of_another_program_is_read(tmp_path: Path, film: Film) -> None:
    raw = as_jpeg(film)
    version = raw.index(b"JFIF\0") + 5
    (tmp_path / "a.jpg").write_bytes(raw[:version] + b"\x07\x07" + raw[version + 2 :] + b"\0" * 300)
    assert read_image(tmp_path / "a.jpg", size_px=64).std() > 1


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_is_read_as_pillow_reads_it(tmp_path: Path, film: Film, mode: str) -> None:
    Image.fromarray((film >> 4).astype(np.uint8)).convert(mode).save(tmp_path / "a.jpg", quality=95)
    with Image.open(tmp_path / "a.jpg") as image:
        side = max(image.size)
        expected = np.asarray(image.convert("L"), dtype=float)
    square = read_image(tmp_path / "a.jpg", size_px=side).astype(float)
    height, width = expected.shape
    top, left = (side - height) // 2, (side - width) // 2
    assert np.abs(square[top : top + height, left : left + width] - expected).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_turned_as_its_exif_says(tmp_path: Path, orientation: int) -> None:
    corner = np.zeros((64, 64), np.uint8)
    corner[:32, :32] = 200
    corner[:32, 32:] = 100
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(corner).save(tmp_path / "a.png", exif=exif)
    Image.fromarray(corner).save(tmp_path / "a.jpg", exif=exif, quality=95)
    as_lossless, as_lossy = (read_image(tmp_path / name, size_px=64).astype(int) for name in ("a.png", "a.jpg"))
    assert np.abs(as_lossless - as_lossy)[8:24, 8:24].max() <= 3
    assert np.abs(as_lossless - as_lossy)[8:24, 40:56].max() <= 3


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_png_is_named(tmp_path: Path, film: Film, damage: Damage) -> None:
    raw = as_png(film)
    (tmp_path / "a.png").write_bytes(damage(raw, len(raw) // 2))
    assert "PNG data" in refusal(tmp_path / "a.png")


def test_one_wrong_bit_of_a_png_is_named_with_its_chunk(tmp_path: Path, film: Film) -> None:
    raw = bytearray(as_png(film))
    raw[len(raw) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(raw)
    assert "checksum of the chunk IDAT" in refusal(tmp_path / "a.png")


def run_lengths(film: Film) -> bytes:
    return next(
        RLELosslessEncoder.iter_encode(
            film,
            rows=film.shape[0],
            columns=film.shape[1],
            samples_per_pixel=1,
            bits_allocated=16,
            bits_stored=12,
            pixel_representation=0,
            photometric_interpretation="MONOCHROME2",
            number_of_frames=1,
            encoding_plugin="pydicom",
        )
    )


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, RLELossless, JPEGLosslessSV1])
def test_a_damaged_codestream_in_dicom_is_named(
    write_dicom: WriteDicom, film: Film, syntax: str, damage: Damage
) -> None:
    path = write_dicom(film, BitsStored=12, HighBit=11)
    elements: dict[str, int] = {}
    if syntax == RLELossless:
        frame = run_lengths(film)
    elif syntax == JPEGLosslessSV1:
        frame = bytes(imagecodecs.ljpeg_encode(film, bitspersample=12))
    else:
        frame = as_jpeg(film)
        elements = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    assert read_image(packed(path, syntax, frame, **elements), size_px=64).std() > 1
    assert "damaged" in refusal(packed(path, syntax, damage(frame, int(0.6 * len(frame))), **elements))


@pytest.mark.parametrize("shape", [(33, 31), (64, 63), (17, 128)])
def test_run_lengths_of_any_size_are_whole(write_dicom: WriteDicom, film: Film, shape: tuple[int, int]) -> None:
    part = np.ascontiguousarray(film[: shape[0], : shape[1]])
    assert read_image(packed(write_dicom(part), RLELossless, run_lengths(part)), size_px=64).std() > 1
