import math

import pytest

from glsmed.server.reporting.parts.numbers import count, number, percent, seconds, signed


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "0.500"), (None, "–"), (math.nan, "–"), (1e300, "1e+300"), (-1e300, "-1e+300"), (math.inf, "inf")],
)
def test_a_number_fits_into_a_cell_whatever_it_is(value: float | None, words: str) -> None:
    assert number(value) == words


def test_counts_shares_signs_and_times() -> None:
    assert (count(12.0), count(None)) == ("12", "–")
    assert (percent(30, 120), percent(None, 3), percent(3, 0), percent(1e300, 1)) == ("25 %", "–", "–", "–")
    assert (signed(0.25), signed(-0.25), signed(None)) == ("+0.250", "-0.250", "–")
    assert (seconds(41), seconds(1e300), seconds(math.nan), seconds(-1)) == ("41 s", "–", "–", "–")
