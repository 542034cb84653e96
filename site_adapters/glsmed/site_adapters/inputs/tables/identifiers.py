"""What spreadsheets and data frames do to identifiers: lost values, numbers in place of digits, zeros taken away."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

_LOST_WORDS = (
    "nan none null na n/a n.a. nat <na> nil undefined missing unknown (null) (blank) #n/a #na #n/d #nv #ref #name "
    "#value #div/0 #num #null #bezug #wert #zahl #valor"
)
_LOST = frozenset(_LOST_WORDS.split())
_ERROR = re.compile(r"#[^\s]*[!?]|#+")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d+|\d[.,]\d+E\d+", re.IGNORECASE)
_DECIMAL = re.compile(r"\d+[.,]0+")
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|mai|okt|dez)"
_DATE = re.compile(rf"\d{{1,2}}-{_MONTH}|{_MONTH}-\d{{1,2}}", re.IGNORECASE)
_SIGNS = re.compile(r"[#+.,-]")  # without one of these, none of the above fits
_EXACT_DIGITS = 15  # a spreadsheet keeps so many digits of a number and writes zeros for the others
_FEW_LONG = 3
_MOST_LINES = 5
_SHARE_OF_WIDTH = 0.5

Places = Sequence[tuple[int, str]]


class Spoiled(NamedTuple):
    """A way in which identifiers were spoiled, at the line where it shows first."""

    line: int
    message: str


def is_lost(value: str) -> bool:
    """Whether it is what a program writes in place of a value that it does not have."""
    folded = value.strip().casefold()
    return folded in _LOST or (folded.startswith("#") and bool(_ERROR.fullmatch(folded)))


def spoiled_identifiers(places: Places) -> Iterator[Spoiled]:
    """Everything that a spreadsheet or a data frame did to a column of identifiers.

    Args:
        places: line and identifier of each row; blank ones are left out.
    """
    lines: dict[str, list[int]] = {}
    for line, value in places:
        if value:
            lines.setdefault(value, []).append(line)
    by_reason: dict[str, list[str]] = {}
    for value in lines:
        if reason := _reason(value):
            by_reason.setdefault(reason, []).append(value)
    for reason, values in by_reason.items():
        where = sorted(line for value in values for line in lines[value])
        more = f", as {len(values) - 1} more values" if len(values) > 1 else ""
        yield Spoiled(where[0], f"{values[0]!r} {reason}{more}{_in_lines(where)}")
    yield from _rounded(lines)
    yield from _shortened(lines)


def with_lost_zeros(value: str, known: Collection[str]) -> str:
    """The known identifier that this one is without what a spreadsheet changed; empty if there is none or several."""
    bare = without_spoiling(value)
    near = [one for one in known if without_spoiling(one) == bare] if bare else []
    return near[0] if len(near) == 1 else ""


def without_spoiling(value: str) -> str:
    """An identifier without leading zeros and without ``.0``, for comparison; empty if it is no number."""
    digits = value.split(".")[0] if _DECIMAL.fullmatch(value) else value
    return digits.lstrip("0") if digits.isdigit() else ""


def _reason(value: str) -> str:
    if is_lost(value):
        return "is no identifier but what a spreadsheet or a data frame writes for a lost value"
    if not any(map(str.isalnum, value)):
        return "is no identifier: it has neither a letter nor a digit"
    if not _SIGNS.search(value):
        return ""
    if _SCIENTIFIC.fullmatch(value):
        return "is a number as a spreadsheet rounds it: the identifier's digits are lost; export the column as text"
    if _DECIMAL.fullmatch(value):
        return "is an identifier that became a decimal number: export the column as text"
    if _DATE.fullmatch(value):
        return "is an identifier that a spreadsheet took for a date: export the column as text"
    return ""


def _rounded(lines: Mapping[str, Sequence[int]]) -> Iterator[Spoiled]:
    """Long numbers whose last digits are all zero: a spreadsheet keeps fifteen."""
    long = [value for value in lines if value.isdigit() and len(value.lstrip("0")) > _EXACT_DIGITS]
    if len(long) >= _FEW_LONG and all(set(value[_EXACT_DIGITS:]) == {"0"} for value in long):
        message = f"all {len(long)} numbers of more than {_EXACT_DIGITS} digits end in zeros, as {long[0]!r}: "
        yield Spoiled(lines[long[0]][0], message + "a spreadsheet rounded them; export the column as text")


def _shortened(lines: Mapping[str, Sequence[int]]) -> Iterator[Spoiled]:
    """Numbers that lost their leading zeros, where others of a fixed width kept theirs."""
    numbers = [value for value in lines if value.isdigit()]
    kept = Counter(len(value) for value in numbers if value.startswith("0") and len(value) > 1)
    if not kept:
        return
    width = kept.most_common(1)[0][0]
    if sum(len(value) == width for value in numbers) < _SHARE_OF_WIDTH * len(numbers):
        return
    short = [value for value in numbers if len(value) < width]
    if short:
        where = sorted(line for value in short for line in lines[value])
        message = f"{short[0]!r} has {len(short[0])} digits where others have {width} with leading zeros: "
        yield Spoiled(where[0], f"{message}zeros were lost{_in_lines(where)}; export the column as text")


def _in_lines(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return ""
    shown = ", ".join(map(str, lines[:_MOST_LINES]))
    more = " …" if len(lines) > _MOST_LINES else ""
    return f" ({len(lines)} rows: lines {shown}{more})"
