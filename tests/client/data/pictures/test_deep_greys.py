import numpy as np
import pytest

from glsmed.client.data.pictures.deep_greys import DeepGreys
from glsmed.client.data.pictures.grey_scale import Line, Numbers


def test_neighbouring_values_stay_apart_and_their_distance_stays() -> None:
    values = np.array([[-900, -899], [0, 3195]], dtype=np.int16)
    deep = DeepGreys.of_values(values, -500, 1000)
    assert deep.greys.dtype == np.uint16
    assert deep.greys.tolist() == [[0, 1], [900, 4095]]
    assert (deep.black, deep.white) == (400, 1900)


def test_where_the_least_value_is_white_it_becomes_the_greatest() -> None:
    deep = DeepGreys.of_values(np.array([[10, 11], [500, 4000]], dtype=np.uint16), 3000, 100)
    assert deep.greys.tolist() == [[3990, 3989], [3500, 0]]
    assert (deep.black, deep.white) == (1000, 3900)


def test_a_byte_stays_as_it_is() -> None:
    values = np.arange(7, 247, dtype=np.uint8).reshape(16, 15)
    deep = DeepGreys.of_values(values, 0, 255)
    assert deep.greys.dtype == np.uint8
    assert np.array_equal(deep.greys, values)


def test_more_than_sixteen_bits_are_brought_into_sixteen() -> None:
    deep = DeepGreys.of_values(np.array([[0, 1 << 31, (1 << 32) - 1]], dtype=np.uint32), 0, 1 << 31)
    assert deep.greys.tolist() == [[0, 32768, 65535]]
    assert deep.white == pytest.approx(32767.5, abs=0.01)
    assert deep.numbers.line.slope * 65535 == pytest.approx((1 << 32) - 1)


@pytest.mark.parametrize(("black", "white"), [(-500, 1000), (1000, -500)])
def test_greys_are_told_as_the_values_are(black: float, white: float) -> None:
    values = np.array([[-900, -899], [0, 3195]], dtype=np.int16)
    deep = DeepGreys.of_values(values, black, white, numbers=Numbers(Line(2, 10), "HU", 1)).within(64)
    line = deep.numbers.line
    assert (line.slope * deep.greys.astype(float) + line.intercept).tolist() == [[-1790, -1788], [10, 6400]]
    assert (deep.numbers.unit, deep.numbers.margin) == ("HU", 1)


def test_a_large_picture_is_made_smaller_and_a_small_one_is_not() -> None:
    steps = np.repeat(np.array([[100, 4000]], dtype=np.uint16), 40, axis=1).repeat(30, axis=0)
    deep = DeepGreys.of_values(steps, 0, 4095)
    assert deep.within(80) is deep
    smaller = deep.within(40)
    assert smaller.greys.shape == (15, 40)
    assert smaller.greys[7, 3] == 100
    assert smaller.greys[7, -3] == 4000
    assert (smaller.black, smaller.white, smaller.numbers) == (0, 4095, deep.numbers)
