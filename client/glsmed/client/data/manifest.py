"""The site's manifest: a CSV file with one row per image; every fault is found, not only the first."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glsmed.client.data.manifest_doubts import identifier_doubts, report_doubts
from glsmed.client.data.manifest_rows import SiteRow, SiteRows
from glsmed.client.data.patient_keys import patient_key
from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.processes.memory import collections_paused
from glsmed.site_adapters.inputs.manifest_reports import RowReports
from glsmed.site_adapters.inputs.tables.file_names import FileFinder
from glsmed.site_adapters.inputs.tables.table import Table, read_table

REQUIRED = ("study_id", "patient_id", "image", "report")
OPTIONAL = ("report_text", "acquired_on", "view")
_WITH_TEXTS = ("study_id", "patient_id", "image", "report_text")


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One row: an image of an examination; ``patient_id`` as :func:`patient_key` writes it, ``view`` as it is given."""

    study_id: str
    patient_id: str
    image: Path
    view: str = ""


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
        encodings: how many reports came in which encoding.
        formats: how many were plain text, HTML, RTF or CDA.
    """

    manifest: Manifest
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    study_ids: frozenset[str]
    encodings: Mapping[str, int] = field(default_factory=Counter)
    formats: Mapping[str, int] = field(default_factory=Counter)


def read_manifest(path: Path) -> Manifest:
    """The manifest with all its reports read.

    Raises:
        ConfigurationError: with every fault: a broken table, blank or spoiled identifiers, an examination with two
            patients or two reports, one report of many patients, missing images, reports that are missing or whose
            encoding is in doubt.
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
    with collections_paused():
        return _survey(path)


def _survey(path: Path) -> Survey:
    table = _table(path)
    finder = FileFinder(path.parent)
    rows = SiteRows(path, finder)
    reports = RowReports(path, finder, table.encoding)
    for line, row in table.rows:
        if rows.add(line, row):
            reports.add(line, row)
    doubts = [*identifier_doubts(path, table.rows), *report_doubts(path, table.rows, rows.good, reports.texts)]
    faults = [*table.faults, *rows.faults, *reports.faults, *(doubt.fault for doubt in doubts if doubt.forbids)]
    notes = [*table.notes, *_spelling_notes(path, finder, reports), *(one.fault for one in doubts if not one.forbids)]
    return Survey(
        Manifest(tuple(map(_entry, rows.good)), reports.texts),
        _by_line(faults),
        _by_line(notes),
        frozenset(row["study_id"] for _, row in table.rows),
        reports.encodings,
        reports.formats,
    )


def _table(path: Path) -> Table:
    """The table; the column of report files may be missing where the reports stand in the table itself."""
    try:
        return read_table(path, required=REQUIRED, optional=OPTIONAL)
    except ConfigurationError:
        with contextlib.suppress(ConfigurationError):
            return read_table(path, required=_WITH_TEXTS, optional=("report", *OPTIONAL))
        raise


def _entry(row: SiteRow) -> ImageEntry:
    return ImageEntry(row.study_id, patient_key(row.patient_id), row.image, row.view)


def _spelling_notes(path: Path, finder: FileFinder, reports: RowReports) -> list[Fault]:
    found = [f"{count} file name(s) found by another spelling: {what}" for what, count in finder.respelled.items()]
    mended = [f"{count} report(s) mended: {what}" for what, count in reports.mended.items()]
    return [Fault(str(path), message) for message in (*found, *mended)]


def _by_line(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: fault.line or 0))
