import imagecodecs
import numpy as np
import pytest

from glsmed.client.data.pictures.codestreams.frame_headers import codestream_size

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 24), dtype=np.uint8)


@pytest.mark.parametrize(
    "frame",
    [
        imagecodecs.jpeg8_encode(PICTURE),
        imagecodecs.ljpeg_encode(PICTURE.astype(np.uint16), bitspersample=12),
        imagecodecs.jpegls_encode(PICTURE),
        imagecodecs.jpeg2k_encode(PICTURE, codecformat="j2k"),
        imagecodecs.htj2k_encode(PICTURE),
    ],
    ids=["JPEG", "JPEG lossless", "JPEG-LS", "JPEG 2000", "HTJ2K"],
)
def test_the_size_is_that_of_the_picture(frame: bytes) -> None:
    assert codestream_size(bytes(frame)) == PICTURE.shape


@pytest.mark.parametrize("frame", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00", bytes(64), b"\xff\xd8" + b"\xff" * 40])
def test_headers_that_are_cut_off_say_nothing(frame: bytes) -> None:
    assert codestream_size(frame) is None
