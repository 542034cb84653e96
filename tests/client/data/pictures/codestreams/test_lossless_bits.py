import imagecodecs
import numpy as np
import pytest

from glsmed.client.data.pictures.codestreams.lossless_bits import is_decoded_whole
from tests.drawn_dicom import phantom

FILM = phantom(5, 128)
STREAMS = {
    **{
        f"predictor {n}": imagecodecs.jpeg8_encode(FILM, lossless=True, predictor=n, bitspersample=12)
        for n in range(1, 8)
    },
    "16 bits": imagecodecs.jpeg8_encode(FILM << 4, lossless=True, bitspersample=16),
    "8 bits": imagecodecs.jpeg8_encode((FILM >> 4).astype(np.uint8), lossless=True),
    "another encoder": imagecodecs.ljpeg_encode(FILM, bitspersample=12),
    "not lossless": imagecodecs.jpeg8_encode((FILM >> 4).astype(np.uint8)),
}


@pytest.mark.parametrize("name", STREAMS)
def test_what_an_encoder_wrote_is_whole(name: str) -> None:
    frame = bytes(STREAMS[name])
    assert is_decoded_whole(frame, imagecodecs.jpeg8_decode(frame))


@pytest.mark.parametrize("name", [name for name in STREAMS if name != "not lossless"])
def test_a_block_of_zeros_is_seen_though_the_decoder_says_nothing(name: str) -> None:
    frame = bytes(STREAMS[name])
    half = len(frame) // 2
    frame = frame[:half] + bytes(300) + frame[half + 300 :]
    assert not is_decoded_whole(frame, imagecodecs.jpeg8_decode(frame))


def test_bytes_that_are_no_jpeg_are_not_judged() -> None:
    assert is_decoded_whole(b"\xff\xd8\xff", FILM)
    assert is_decoded_whole(b"", FILM)
