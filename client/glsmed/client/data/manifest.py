"""The site's manifest: a CSV file with one row per image; every fault is found, not only the first."""

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.site_adapters.inputs.csv_files import Row, read_csv

REQUIRED = ("study_id", "patient_id", "image", "report")
OPTIONAL = ("report_text", "acquired_on", "view")
_REMEMBERED = 100_000  # a patient's identifier is looked at several times
_MAY_BE_BLANK = frozenset({*OPTIONAL, "report"})

Rows = Sequence[tuple[int, Row]]


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One row: an image of an examination; ``patient_id`` as :func:`patient_key` writes it."""

    study_id: str
    patient_id: str
    image: Path


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a site has.

    Attributes:
        images: one entry per row, in the file's order.
        reports: the text of each examination's report, by ``study_id``.
    """

    images: tuple[ImageEntry, ...]
    reports: Mapping[str, str]

    @property
    def patients(self) -> Mapping[str, str]:
        """Patient by examination that has a report."""
        return {entry.study_id: entry.patient_id for entry in self.images if entry.study_id in self.reports}


@dataclass(frozen=True, slots=True)
class Survey:
    """A manifest read as far as it can be.

    Attributes:
        manifest: the rows and reports without a fault.
        faults: what keeps the manifest from being used.
        notes: what is worth a look.
        study_ids: every examination that the file names, faulty or not.
    """

    manifest: Manifest
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    study_ids: frozenset[str]


def read_manifest(path: Path) -> Manifest:
    """The manifest with all its reports read.

    Raises:
        ConfigurationError: with every fault: missing columns, blank identifiers, an examination with two patients or
            two reports, missing images, reports that are missing or not UTF-8.
    """
    survey = survey_manifest(path)
    if survey.faults:
        raise ConfigurationError(survey.faults)
    return survey.manifest


def survey_manifest(path: Path) -> Survey:
    """What of the manifest can be read, and everything that is wrong with it.

    Raises:
        ConfigurationError: the file is not a CSV table with the manifest's columns.
    """
    rows = list(read_csv(path, required=REQUIRED, optional=OPTIONAL))
    row_faults = {line: faults for line, row in rows if (faults := list(_row_faults(path, line, row)))}
    good = [(line, row) for line, row in rows if line not in row_faults]
    reports, report_faults = _read_reports(path, good)
    faults = [fault for faults in row_faults.values() for fault in faults]
    faults += [*report_faults, *_examination_faults(path, rows)]
    notes = [*_spelling_notes(path, rows), *_empty_notes(path, good, reports)]
    images = (
        ImageEntry(row["study_id"], patient_key(row["patient_id"]), path.parent / row["image"]) for _, row in good
    )
    return Survey(
        Manifest(tuple(images), reports),
        _by_line(faults),
        _by_line(notes),
        frozenset(row["study_id"] for _, row in rows),
    )


@lru_cache(maxsize=_REMEMBERED)
def patient_key(patient_id: str) -> str:
    """The identifier without what typists do differently: white space, case, full and half width.

    "P 0017", "p0017" and "Ｐ0017" are one patient, in one split and counted once. Two patients whose
    identifiers differ in nothing else also become one, which costs no more than having them in the same split.
    """
    compact = "".join(unicodedata.normalize("NFKC", patient_id).split())
    return unicodedata.normalize("NFKC", compact.casefold())


def _by_line(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: fault.line or 0))


def _row_faults(path: Path, line: int, row: Row) -> Iterator[Fault]:
    for column in REQUIRED:
        if not row[column] and column not in _MAY_BE_BLANK:
            yield Fault(str(path), "is blank", line=line, key=column)
    if row["image"] and (problem := _problem_with(path.parent / row["image"])):
        yield Fault(str(path), f"{problem}: {row['image']}", line=line, key="image")


def _problem_with(file: Path) -> str:
    """Why the file cannot be read; empty where it can."""
    try:
        found = file.is_file()
    except OSError as error:
        return error.strerror or type(error).__name__
    return "" if found else "no such file"


def _examination_faults(path: Path, rows: Rows) -> Iterator[Fault]:
    """An examination has one patient and one report, and no image twice."""
    first: dict[str, tuple[int, Row]] = {}
    images: dict[str, int] = {}
    for line, row in rows:
        start, known = first.setdefault(row["study_id"], (line, row))
        for column, what in (("patient_id", "patient"), ("report", "report"), ("report_text", "report text")):
            if not _same(column, known, row):
                message = f"examination {row['study_id']!r} has another {what} in line {start}"
                yield Fault(str(path), message, line=line, key=column)
        image = os.path.normpath(row["image"])
        if row["image"] and images.setdefault(image, line) != line:
            yield Fault(str(path), f"line {images[image]} names the same image", line=line, key="image")


def _same(column: str, left: Row, right: Row) -> bool:
    if column == "patient_id":
        return patient_key(left[column]) == patient_key(right[column])
    return left.get(column, "") == right.get(column, "")


def _spelling_notes(path: Path, rows: Rows) -> Iterator[Fault]:
    spellings: dict[str, tuple[int, str]] = {}
    for line, row in rows:
        start, known = spellings.setdefault(patient_key(row["patient_id"]), (line, row["patient_id"]))
        if known != row["patient_id"]:
            message = f"{row['patient_id']!r} is taken to be the patient written {known!r} in line {start}"
            yield Fault(str(path), message, line=line, key="patient_id")


def _empty_notes(path: Path, rows: Rows, reports: Mapping[str, str]) -> Iterator[Fault]:
    noted: set[str] = set()
    for line, row in rows:
        study_id = row["study_id"]
        if study_id not in noted and not reports.get(study_id, "x").strip():
            noted.add(study_id)
            yield Fault(str(path), f"{row['report']} holds no text", line=line, key="report")


def _read_reports(path: Path, rows: Rows) -> tuple[dict[str, str], list[Fault]]:
    """The text by study, and a fault for each report that cannot be read."""
    reports: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for line, row in rows:
        study_id = row["study_id"]
        if study_id in reports or study_id in faults:
            continue
        try:
            reports[study_id] = row.get("report_text") or _read_report(path.parent, row["report"])
        except ValueError as error:
            faults[study_id] = Fault(str(path), str(error), line=line, key="report")
    return reports, list(faults.values())


def _read_report(folder: Path, name: str) -> str:
    if not name:
        raise ValueError("is blank, and so is report_text: an examination needs its report")
    if problem := _problem_with(folder / name):
        raise ValueError(f"{problem}: {name}")
    try:
        return (folder / name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 (byte {error.start}): convert it to UTF-8") from None
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}") from None
