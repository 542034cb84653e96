"""Dates and times as systems write them; a time zone is left away, since reports are joined by the wall clock."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

_TIME = r"(?:[T,\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([AaPp])\.?\s?[Mm]\.?)?)?"
_ZONE = r"\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
_HL7 = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(?:\.\d+)?(?:[+-]\d{4})?")
_YEAR_FIRST = re.compile(rf"(\d{{4}})(?:[-/.]|年)\s?(\d{{1,2}})(?:[-/.]|月)\s?(\d{{1,2}})日?{_TIME}{_ZONE}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_DAY_NAMED = re.compile(rf"(\d{{1,2}})[.\s-]*(?:de\s+)?([^\W\d_]{{3,10}})\.?[\s,-]*(?:de[l]?\s+)?(\d{{4}}){_TIME}")
_NAMED_FIRST = re.compile(rf"([^\W\d_]{{3,10}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}")
_ERA = re.compile(rf"(令和|平成|[RH])\s?(\d{{1,2}}|元)[年./-]\s?(\d{{1,2}})[月./-]\s?(\d{{1,2}})日?{_TIME}")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}  # the year before its first
_MONTHS = 12
_NAMES = (  # the beginnings of months in English, Spanish and German
    "jan ene jän", "feb", "mar mär mrz", "apr abr", "may mai", "jun", "jul", "aug ago", "sep set", "oct okt", "nov",
    "dec dic dez",
)  # fmt: skip
_MONTH_OF = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}

DayPlace = Literal["first", "second"]


class TwoDatesError(ValueError):
    """A date that may be two: 03/04/2026."""


def day_place(written: Iterable[str]) -> DayPlace | None:
    """Whether a column writes 31/01/2026 or 01/31/2026; None where no date shows that, or where both are there."""
    places: set[DayPlace] = set()
    for each in written:
        if match := _YEAR_LAST.fullmatch(each.strip()):
            first, second = int(match[1]), int(match[3])
            places |= {"first"} if first > _MONTHS >= second else set()
            places |= {"second"} if second > _MONTHS >= first else set()
    return places.pop() if len(places) == 1 else None


def moment(written: str, *, day: DayPlace | None = None) -> datetime | None:
    """The date and time; None for blank text.

    Args:
        written: as a system wrote it.
        day: where the day stands, when that is known of the column.

    Raises:
        ValueError: it is no date.
        TwoDatesError: it could be two: 03/04/2026.
    """
    written = unicodedata.normalize("NFKC", written).strip()
    if not written:
        return None
    parts = _parts(written, day)
    if parts is None:
        raise ValueError(f"expected a date such as 2026-01-31, got {written!r}")
    try:
        return datetime(*parts)  # noqa: DTZ001  # the wall clock
    except ValueError:
        raise ValueError(f"expected a date such as 2026-01-31, got {written!r}, which no calendar has") from None


def _parts(written: str, day: DayPlace | None) -> tuple[int, int, int, int, int, int] | None:
    """Year, month, day, hour, minute and second; None where it is no date."""
    if match := _HL7.fullmatch(written):
        return _numbers(*match.groups())
    if match := _YEAR_FIRST.fullmatch(written):
        return _numbers(*match.groups())
    if match := _YEAR_LAST.fullmatch(written):
        first, sign, second, year, *time = match.groups()
        named, month = _day_and_month(first, second, sign, written, day)
        return _numbers(year, month, named, *time)
    if match := _DAY_NAMED.fullmatch(written):
        number, name, year, *time = match.groups()
        return _numbers(year, _month(name), number, *time)
    if match := _NAMED_FIRST.fullmatch(written):
        name, number, year, *time = match.groups()
        return _numbers(year, _month(name), number, *time)
    if match := _ERA.fullmatch(written):
        era, year, month, number, *time = match.groups()
        return _numbers(str(_ERAS[era] + (1 if year == "元" else int(year))), month, number, *time)
    return None


def _numbers(year: str, month: str, day: str, *time: str | None) -> tuple[int, int, int, int, int, int]:
    hour, minute, second = (int(part or 0) for part in time[:3])
    half = (time[3] or "").upper() if len(time) > 3 else ""  # AM or PM stands behind the seconds
    if half and 1 <= hour <= _MONTHS:
        hour = hour % _MONTHS + (_MONTHS if half == "P" else 0)
    return int(year), int(month), int(day), hour, minute, second


def _month(name: str) -> str:
    """The number of a month by its name; 0, which no calendar has, for another word."""
    return str(_MONTH_OF.get(name.casefold()[:3], 0))


def moment_or_none(written: str, *, day: DayPlace | None = None) -> datetime | None:
    """As :func:`moment`; None where it cannot be read, for dates that only help to order versions."""
    try:
        return moment(written, day=day)
    except ValueError:
        return None


def _day_and_month(first: str, second: str, sign: str, written: str, day: DayPlace | None) -> tuple[str, str]:
    """Dots are written with the day first; with other signs it has to show, here or in the rest of the column."""
    if sign == "." or int(first) > _MONTHS or first == second:
        return first, second
    if int(second) > _MONTHS:
        return second, first
    if day is not None:
        return (first, second) if day == "first" else (second, first)
    raise TwoDatesError(f"{written!r} may be two dates: write it as 2026-01-31")
