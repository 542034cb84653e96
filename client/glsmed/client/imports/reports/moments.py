"""Dates and times as systems write them; a time zone is left away, since reports are joined by the wall clock."""

import re
from datetime import datetime

_HL7 = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(?:\.\d+)?(?:[+-]\d{4})?")
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:[-/.]|年)\s?(\d{1,2})(?:[-/.]|月)\s?(\d{1,2})日?(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"\s*(?:Z|[+-]\d{2}:?\d{2})?"
)
_YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[T,\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?")
_MONTHS = 12


def moment(written: str) -> datetime | None:
    """The date and time; None for blank text.

    Raises:
        ValueError: it is no date, or could be two: 03/04/2026.
    """
    written = written.strip()
    if not written:
        return None
    if match := _HL7.fullmatch(written) or _YEAR_FIRST.fullmatch(written):
        year, month, day, *time = match.groups()
    elif match := _YEAR_LAST.fullmatch(written):
        first, sign, second, year, *time = match.groups()
        day, month = _day_and_month(first, second, sign, written)
    else:
        raise ValueError(f"expected a date such as 2026-01-31, got {written!r}")
    try:
        hour, minute, second = (int(part or 0) for part in time)
        return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001  # the wall clock
    except ValueError:
        raise ValueError(f"expected a date such as 2026-01-31, got {written!r}, which no calendar has") from None


def moment_or_none(written: str) -> datetime | None:
    """As :func:`moment`; None where it cannot be read, for dates that only help to order versions."""
    try:
        return moment(written)
    except ValueError:
        return None


def _day_and_month(first: str, second: str, sign: str, written: str) -> tuple[str, str]:
    """Dots are written with the day first; with other signs it has to show."""
    if sign == "." or int(first) > _MONTHS or first == second:
        return first, second
    if int(second) > _MONTHS:
        return second, first
    raise ValueError(f"{written!r} may be two dates: write it as 2026-01-31")
