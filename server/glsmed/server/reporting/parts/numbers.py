"""Numbers that came from elsewhere, short enough for a cell whatever they are."""

import math

from glsmed.shared.pages.blocks import NONE
from glsmed.shared.quantities import seconds_in_words

_MOST = 1e6
_LONGEST_SECONDS = 1e8  # three years


def number(value: float | None, *, decimals: int = 3) -> str:
    """The number with its decimals, a dash where there is none; a huge one with its power of ten."""
    if value is None or math.isnan(value):
        return NONE
    return f"{value:.{decimals}f}" if abs(value) < _MOST else f"{value:.3g}"


def signed(value: float | None) -> str:
    """The number with its sign, a dash where there is none."""
    words = number(value)
    return words if words == NONE or words.startswith("-") else f"+{words}"


def count(value: float | None) -> str:
    """A count without decimals, a dash where there is none."""
    return number(value, decimals=0)


def percent(part: float | None, whole: float | None) -> str:
    """A share in percent, a dash where it is not known."""
    if part is None or not whole or not math.isfinite(part / whole):
        return NONE
    return f"{100 * part / whole:.0f} %" if part <= whole else NONE


def seconds(value: float | None) -> str:
    """A duration in words, a dash where it is none."""
    if value is None or not 0 <= value < _LONGEST_SECONDS:
        return NONE
    return seconds_in_words(value)
