"""Every report in the files and folders that a hospital names, by what each file holds."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glsmed.client.imports.report_record import FoundReports, LeftOut
from glsmed.client.imports.reports.columns import Columns, reports_in_table
from glsmed.client.imports.reports.fhir.documents import is_fhir
from glsmed.client.imports.reports.fhir.reports import reports_in_fhir
from glsmed.client.imports.reports.fhir.surroundings import Surroundings
from glsmed.client.imports.reports.hl7.messages import is_hl7
from glsmed.client.imports.reports.hl7.reports import reports_in_hl7
from glsmed.client.imports.reports.structured_reports import is_dicom, is_structured_report, reports_in_sr
from glsmed.client.imports.reports.text_files import check_names, report_in_text
from glsmed.shared.errors import DataError
from glsmed.site_adapters.inputs.progress import track

_TABLES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm")
_OF_FHIR = (".json", ".ndjson", ".jsonl", ".xml", "")
_LONGEST = 100_000  # characters; a longer text is a document, or was not read rightly
_READ_FROM = 400  # bytes, which show the kind of a file
_JUNK = re.compile(r"\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|~\$.*", re.IGNORECASE)  # left by file managers


@dataclass(frozen=True, slots=True)
class ReportNames:
    """How a hospital names things.

    Attributes:
        columns: of its tables, by what they hold.
        files: what the path of a text file says, as named groups.
    """

    columns: Columns = field(default_factory=dict)
    files: re.Pattern[str] | None = None


def reports_from(paths: Sequence[Path], names: ReportNames) -> FoundReports:
    """The reports of all sources in their order, and every part that is not used.

    Raises:
        DataError: a file that was named cannot be used at all; a file in a folder is left out instead.
        UsageError: ``names.files`` has other groups than a path can say.
    """
    check_names(names.files)
    found = FoundReports([], [])
    files = list(_files(paths))
    around = _around(path for path, _ in files)
    for path, is_named in track(files, description="reading reports"):
        try:
            records, left_out = _read(path, names, around)
        except (ValueError, OSError) as error:
            reason = (error.strerror or "cannot be read") if isinstance(error, OSError) else str(error).strip()
            if is_named:
                raise DataError(f"{path}: {reason}") from None
            found.left_out.append(LeftOut(str(path), reason))
            continue
        found.left_out.extend(left_out)
        for record in records:
            if len(record.text) > _LONGEST:
                reason = f"has {len(record.text)} characters, more than the {_LONGEST} that a report may have"
                found.left_out.append(LeftOut(record.source, reason))
            else:
                found.records.append(record)
    return found


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file, and whether it was named itself."""
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for parent, folders, files in os.walk(path):
            folders.sort()
            yield from ((Path(parent, name), False) for name in sorted(files) if not _JUNK.fullmatch(name))


def _around(paths: Iterable[Path]) -> Surroundings:
    """What reports in FHIR may refer to in other files, as exports in bulk have one for each kind of resource."""
    of_fhir = [path for path in paths if path.suffix.lower() in _OF_FHIR and is_fhir(_start(path))]
    return Surroundings.of_files(of_fhir if len(of_fhir) > 1 else ())


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_READ_FROM)
    except OSError:
        return b""  # said when it is read


def _read(path: Path, names: ReportNames, around: Surroundings) -> FoundReports:
    with path.open("rb") as stream:
        start = stream.read(_READ_FROM)
    if not start:
        raise ValueError("is empty")
    if path.suffix.lower() in _TABLES:
        return reports_in_table(path, names.columns)
    if is_dicom(start):
        return reports_in_sr(path)
    if is_hl7(start):
        return reports_in_hl7(path)
    if is_fhir(start):
        return reports_in_fhir(path, around)
    return FoundReports([report_in_text(path, names.files)], [])


def reports_among(paths: Iterable[Path]) -> FoundReports:
    """The structured reports among files that are no images, as archives keep them beside these."""
    found = FoundReports([], [])
    for path in paths:
        try:
            if _is_structured(path):
                found.records.extend(reports_in_sr(path).records)
        except (ValueError, OSError) as error:
            found.left_out.append(LeftOut(str(path), str(error)))
    return found


def _is_structured(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return is_dicom(stream.read(_READ_FROM)) and is_structured_report(path)
