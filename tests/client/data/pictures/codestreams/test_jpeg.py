import imagecodecs
import numpy as np
import pytest

from glsmed.client.data.pictures.codestreams.jpeg import strict_greys
from glsmed.shared.errors import DataError
from tests.drawn_dicom import phantom

GREYS = (phantom(5, 256) >> 4).astype(np.uint8)
JPEG = bytes(imagecodecs.jpeg8_encode(GREYS, level=95))


def test_greys_are_those_of_another_decoder() -> None:
    greys = strict_greys(JPEG)
    assert greys is not None
    assert np.array_equal(greys, imagecodecs.jpeg8_decode(JPEG))


@pytest.mark.parametrize(("least", "side"), [(256, 256), (1000, 256), (100, 128), (1, 32)])
def test_it_may_come_smaller_but_not_smaller_than_asked(least: int, side: int) -> None:
    greys = strict_greys(JPEG, least_side=least)
    assert greys is not None
    assert greys.shape == (side, side)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x89PNG",
        bytes(imagecodecs.jpeg8_encode(GREYS, lossless=True)),
        bytes(imagecodecs.jpeg8_encode(GREYS.astype(np.uint16), bitspersample=12)),
    ],
)
def test_other_kinds_are_left_to_other_decoders(raw: bytes) -> None:
    assert strict_greys(raw) is None


def test_damage_is_named_in_the_decoders_words() -> None:
    half = len(JPEG) // 2
    with pytest.raises(DataError, match=r"premature end of data segment|extraneous bytes"):
        strict_greys(JPEG[:half] + bytes(500) + JPEG[half + 500 :])
