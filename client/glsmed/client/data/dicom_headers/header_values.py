"""Values of a DICOM header as plain text, times and years; scanners write many of them loosely."""

import re
from datetime import date, datetime, time

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

_DATE = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
_TIME = re.compile(r"(\d{2})(?::?(\d{2}))?(?::?(\d{2}))?")
_AGE = re.compile(r"(\d{1,3})([DWMY]?)")
_AGES_PER_YEAR = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0, "": 1.0}
_OLDEST_YEARS = 130.0
_DAYS_PER_YEAR = 365.25


def text(dataset: Dataset, keyword: str) -> str:
    """An element without padding and NULs; several values stand with backslashes; blank where there is none."""
    value = dataset.get(keyword)
    values = value if isinstance(value, MultiValue) else [value]
    parts = ("" if part is None else str(part).replace("\0", "").strip() for part in values)
    return "\\".join(parts).strip("\\")


def code_word(dataset: Dataset, keyword: str) -> str:
    """An element of code words (CS) in capitals with single spaces."""
    return " ".join(text(dataset, keyword).upper().split())


def code_meaning(dataset: Dataset, keyword: str) -> str:
    """The meaning of a code sequence's first item, in capitals; blank without one."""
    items = dataset.get(keyword) or []
    return code_word(items[0], "CodeMeaning") if len(items) else ""


def acquired_at(dataset: Dataset) -> datetime | None:
    """When the image was acquired: the most exact of acquisition, content, series and study that is there.

    A time zone is left away: reports are joined to the wall clock of the same hospital.
    """
    exact = text(dataset, "AcquisitionDateTime")
    if exact and (found := _moment(exact, exact[8:])) is not None:
        return found
    for kind in ("Acquisition", "Content", "Series", "Study"):
        found = _moment(text(dataset, f"{kind}Date"), text(dataset, f"{kind}Time"))
        if found is not None:
            return found
    return None


def _moment(written_date: str, written_time: str) -> datetime | None:
    day = read_date(written_date)
    return None if day is None else datetime.combine(day, read_time(written_time))


def read_date(written: str) -> date | None:
    """A date with or without separators; None where it is none."""
    match = _DATE.match(written)
    try:
        year, month, day = map(int, match.groups()) if match else (0, 0, 0)  # the year 0 is none
        return date(year, month, day)
    except ValueError:
        return None


def read_time(written: str) -> time:
    """A time with or without separators; midnight where it is none."""
    match = _TIME.match(written)
    try:
        hour, minute, second = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        return time(hour, minute, second)
    except ValueError:
        return time()


def age_years(dataset: Dataset) -> float | None:
    """The patient's age at the acquisition: as written, else from the birth date; None where neither is plausible."""
    match = _AGE.fullmatch(text(dataset, "PatientAge").upper())
    if match:
        years = int(match[1]) / _AGES_PER_YEAR[match[2]]
        return years if years <= _OLDEST_YEARS else None
    born, taken = read_date(text(dataset, "PatientBirthDate")), acquired_at(dataset)
    if born is None or taken is None:
        return None
    years = (taken.date() - born).days / _DAYS_PER_YEAR
    return years if 0 <= years <= _OLDEST_YEARS else None
