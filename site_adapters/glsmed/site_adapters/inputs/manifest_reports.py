"""The reports that a site's manifest names: each read once, from its file or from the row itself."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.site_adapters.inputs.report_text import ReportText, plain_report, read_report_text
from glsmed.site_adapters.inputs.tables.file_names import FileFinder
from glsmed.site_adapters.inputs.tables.identifiers import is_lost, spoiled_identifiers
from glsmed.site_adapters.inputs.tables.table import Row, read_table

_SUFFIXES = (".csv", ".tsv")
_KNOWN = ("patient_id", "image", "report", "report_text", "acquired_on", "view")


@dataclass(slots=True)
class RowReports:
    """Reports while a manifest's rows are read.

    Attributes:
        path: the manifest.
        finder: finds the files that its rows name.
        encoding: of the manifest itself, and so of the texts in its rows.
        texts: the text by ``study_id``.
        faults: a fault for each report that cannot be read.
        encodings: how many reports came in which encoding.
        formats: how many were plain text, HTML, RTF or CDA.
        mended: how many were decoded wrongly before and could be put right, by what was wrong.
    """

    path: Path
    finder: FileFinder
    encoding: str
    texts: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    encodings: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    _refused: set[str] = field(default_factory=set)

    def add(self, line: int, row: Row) -> None:
        """Read the report of a row, unless another row of its examination gave it already."""
        study_id = row["study_id"]
        if study_id in self.texts or study_id in self._refused:
            return
        try:
            report = self._read(row)
        except ValueError as error:
            self._refused.add(study_id)
            column = "report_text" if row.get("report_text") else "report"
            self.faults.append(Fault(str(self.path), str(error), line=line, key=column))
            return
        self.texts[study_id] = report.text
        self.encodings[report.encoding] += 1
        self.formats[report.format] += 1
        if report.mended:
            self.mended[report.mended] += 1

    def _read(self, row: Row) -> ReportText:
        if text := row.get("report_text"):
            if is_lost(text):
                raise ValueError(f"is {text!r}: a value that was lost on the way, not a report")
            return plain_report(text, encoding=self.encoding)
        name = row.get("report", "")
        if not name:
            raise ValueError("is blank, and so is report_text: an examination needs its report")
        file = self.finder.find(name)
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise ValueError(f"{name} cannot be read: {error.strerror}") from None
        return read_report_text(raw, name=name)


def is_manifest(source: Path) -> bool:
    """Whether a file of reports is a site's manifest and not JSON lines."""
    return source.suffix.lower() in _SUFFIXES


def read_manifest_reports(path: Path) -> Mapping[str, str]:
    """The text of each report by ``study_id``, in the order of the manifest.

    Args:
        path: a CSV file with the columns study_id and report or report_text; further ones do not matter.

    Raises:
        ConfigurationError: with every fault of the table and of the reports that it names.
    """
    table = read_table(path, required=("study_id",), optional=_KNOWN)
    reports = RowReports(path, FileFinder(path.parent), table.encoding)
    first: dict[str, tuple[int, Row]] = {}
    faults = list(table.faults)
    for line, row in table.rows:
        known = first.setdefault(row["study_id"], (line, row))
        faults.extend(_row_faults(path, line, row, known))
        reports.add(line, row)
    faults.extend([*_identifier_faults(path, table.rows), *reports.faults])
    if faults:
        raise ConfigurationError(sorted(faults, key=lambda fault: fault.line or 0))
    return reports.texts


def _row_faults(path: Path, line: int, row: Row, first: tuple[int, Row]) -> Iterator[Fault]:
    if not row["study_id"]:
        yield Fault(str(path), "is blank", line=line, key="study_id")
        return
    for column, what in (("report", "report"), ("report_text", "report text")):
        if not same_report(column, row, first[1]):
            message = f"examination {row['study_id']!r} has another {what} in line {first[0]}"
            yield Fault(str(path), message, line=line, key=column)


def same_report(column: str, left: Row, right: Row) -> bool:
    """Whether two rows name the same report; the path of one file may be written differently."""
    one, other = left.get(column, ""), right.get(column, "")
    if column == "report" and one and other:
        return os.path.normpath(one) == os.path.normpath(other)
    return one == other


def _identifier_faults(path: Path, rows: Sequence[tuple[int, Row]]) -> Iterator[Fault]:
    for spoiled in spoiled_identifiers([(line, row["study_id"]) for line, row in rows]):
        yield Fault(str(path), spoiled.message, line=spoiled.line, key="study_id")
