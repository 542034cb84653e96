"""What is wrong with a manifest as a whole although each row may be right: lost identifiers, one report for many."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from glsmed.client.data.manifest_rows import SiteRow
from glsmed.client.data.patient_keys import patient_key
from glsmed.shared.errors import Fault
from glsmed.site_adapters.inputs.tables.identifiers import is_lost, spoiled_identifiers
from glsmed.site_adapters.inputs.tables.table import Row

_COLUMNS = ("study_id", "patient_id")
_MANY = 20  # examinations of one patient
_MANY_SHARE = 0.2
_FEW_PATIENTS = 2  # whose report may be one file by a slip that a person must judge
_SAME_TEXT = 10  # patients
_SAME_TEXT_SHARE = 0.2
_ALL_THE_SAME = 0.9  # of at least so many patients as could not all have the same template by chance:
_SURELY_MANY = 20

Rows = Sequence[tuple[int, Row]]


class Doubt(NamedTuple):
    """Something that a person must look at; ``forbids`` whether training must wait for that."""

    fault: Fault
    forbids: bool


def identifier_doubts(path: Path, rows: Rows) -> Iterator[Doubt]:
    """Identifiers that a spreadsheet spoiled, spellings of one patient, and a patient who is too many."""
    for column in _COLUMNS:
        for spoiled in spoiled_identifiers([(line, row[column]) for line, row in rows]):
            yield Doubt(Fault(str(path), spoiled.message, line=spoiled.line, key=column), forbids=True)
    yield from _spellings(path, rows)
    yield from _too_many(path, rows)


def report_doubts(path: Path, rows: Rows, good: Sequence[SiteRow], texts: Mapping[str, str]) -> Iterator[Doubt]:
    """Reports without text, and one report for several patients.

    Args:
        path: the manifest.
        rows: all its rows.
        good: those without a fault of their own.
        texts: the reports that could be read, by examination.
    """
    yield from _one_file_for_several(path, rows)
    yield from _one_text_for_many(path, good, texts)
    yield from _without_text(path, rows, good, texts)


def _spellings(path: Path, rows: Rows) -> Iterator[Doubt]:
    """Each further spelling of a patient's identifier, where it stands first."""
    first: dict[str, tuple[int, str]] = {}
    spellings: dict[str, int] = {}
    for line, row in rows:
        spellings.setdefault(row["patient_id"], line)
    for spelling, line in spellings.items():
        start, known = first.setdefault(patient_key(spelling), (line, spelling))
        if known != spelling:
            message = f"{spelling!r} is taken to be the patient written {known!r} in line {start}"
            yield Doubt(Fault(str(path), message, line=line, key="patient_id"), forbids=False)


def _too_many(path: Path, rows: Rows) -> Iterator[Doubt]:
    examinations = {row["study_id"]: (patient_key(row["patient_id"]), line) for line, row in rows}
    counts = Counter(patient for patient, _ in examinations.values())
    for patient, count in counts.most_common():
        if is_lost(patient):
            continue  # named as such already
        if count < max(_MANY, _MANY_SHARE * len(examinations)):
            return
        line = min(line for known, line in examinations.values() if known == patient)
        message = f"{patient!r} has {count} of {len(examinations)} examinations: is that one patient?"
        yield Doubt(Fault(str(path), message, line=line, key="patient_id"), forbids=False)


def _one_file_for_several(path: Path, rows: Rows) -> Iterator[Doubt]:
    """A report's file that rows of several patients name."""
    patients: dict[str, dict[str, int]] = {}
    for line, row in rows:
        if row.get("report", "") and not row.get("report_text"):
            of_file = patients.setdefault(os.path.normpath(row.get("report", "").replace("\\", "/")), {})
            of_file.setdefault(patient_key(row["patient_id"]), line)
    for file, lines in patients.items():
        if len(lines) > 1:
            second = sorted(lines.values())[1]
            message = f"{file} is the report of {len(lines)} patients: a report belongs to one"
            yield Doubt(Fault(str(path), message, line=second, key="report"), forbids=len(lines) > _FEW_PATIENTS)


def _one_text_for_many(path: Path, good: Sequence[SiteRow], texts: Mapping[str, str]) -> Iterator[Doubt]:
    """A text that stands for many patients, word for word: a template, or one report pasted for all."""
    first: dict[str, dict[str, int]] = {}
    for row in good:
        if text := texts.get(row.study_id, "").strip():
            first.setdefault(text, {}).setdefault(patient_key(row.patient_id), row.line)
    patients = len({patient for lines in first.values() for patient in lines})
    shared = [
        (text, lines) for text, lines in first.items() if len(lines) >= max(_SAME_TEXT, _SAME_TEXT_SHARE * patients)
    ]
    if shared:
        text, lines = max(shared, key=lambda one: len(one[1]))
        others = f", and {len(shared) - 1} more texts stand for many" if len(shared) > 1 else ""
        said = f"{len(lines)} of {patients} patients have the same report, word for word ({_beginning(text)}){others}: "
        fault = Fault(str(path), f"{said}templates, or one report for all?", line=min(lines.values()), key="report")
        yield Doubt(fault, forbids=len(lines) >= max(_SURELY_MANY, _ALL_THE_SAME * patients))


def _beginning(text: str) -> str:
    words = " ".join(text.split())
    return repr(words if len(words) <= 40 else f"{words[:40]}…")


def _without_text(path: Path, rows: Rows, good: Sequence[SiteRow], texts: Mapping[str, str]) -> Iterator[Doubt]:
    names = {line: row.get("report", "") for line, row in rows}
    empty = {row.study_id: row.line for row in reversed(good) if not texts.get(row.study_id, "x").strip()}
    for line in sorted(empty.values()):
        yield Doubt(Fault(str(path), f"{names[line]} holds no text", line=line, key="report"), forbids=False)
