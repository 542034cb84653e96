"""Reports in DICOM SR: the text of Basic, Enhanced and Comprehensive Text documents (PS3.3 A.35.1 to A.35.3)."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from glsmed.client.data.dicom_headers.character_sets import mend_character_set
from glsmed.client.data.dicom_headers.header_values import text as header_text
from glsmed.client.imports.report_record import FoundReports, ReportRecord, Status
from glsmed.client.imports.reports.moments import moment_or_none
from glsmed.client.imports.reports.report_parts import Part, heading, is_no_report_text, joined_parts
from glsmed.site_adapters.inputs.report_text import plain_report

_TEXT_DOCUMENTS = {
    "1.2.840.10008.5.1.4.1.1.88.11": "Basic Text SR",
    "1.2.840.10008.5.1.4.1.1.88.22": "Enhanced SR",
    "1.2.840.10008.5.1.4.1.1.88.33": "Comprehensive SR",
    "1.2.840.10008.5.1.4.1.1.88.34": "Comprehensive 3D SR",
}
_ABOUT_THE_DOCUMENT = ("HAS OBS CONTEXT", "HAS ACQ CONTEXT", "HAS CONCEPT MOD")
_MARK = (128, b"DICM")
_DEEPEST = 30
_ADDENDUM = "Addendum"


def is_dicom(raw: bytes) -> bool:
    """Whether the bytes begin as a DICOM file does."""
    place, mark = _MARK
    return raw[place : place + len(mark)] == mark


def is_structured_report(path: Path) -> bool:
    """Whether a DICOM file is a document of one of the kinds that are read here."""
    try:
        header = pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True)
    except InvalidDicomError:
        return False
    return header_text(header, "SOPClassUID") in _TEXT_DOCUMENTS


def reports_in_sr(path: Path) -> FoundReports:
    """The report in one document, and its addendum where it has one.

    Raises:
        ValueError: in plain words; it is another object, or holds no text.
        OSError: it cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of loose headers; lost characters are found in the text
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            mend_character_set(dataset)
            return FoundReports(list(_records(dataset, path)), [])
    except InvalidDicomError:
        raise ValueError("is damaged: it has the mark of DICOM but cannot be read") from None
    except (EOFError, AttributeError, KeyError, NotImplementedError) as error:
        raise ValueError(f"is damaged DICOM: {' '.join(str(error).split())}") from None


def _records(dataset: Dataset, path: Path) -> Iterator[ReportRecord]:
    kind = header_text(dataset, "SOPClassUID")
    if kind not in _TEXT_DOCUMENTS:
        named = getattr(pydicom.uid.UID(kind), "name", kind) if kind else "of no class"
        raise ValueError(f"is {named}, expected one of {', '.join(_TEXT_DOCUMENTS.values())}")
    parts = [part for part in _parts(dataset, title="", depth=0) if part.text.strip()]
    main = [part for part in parts if part.title != _ADDENDUM]
    added = [part for part in parts if part.title == _ADDENDUM]
    if not parts:
        raise ValueError("holds no text that was read of the images")
    if main:
        yield _record(dataset, joined_parts(main), _status(dataset), str(path))
    if added:
        yield _record(dataset, joined_parts(added), "addendum", f"{path}: addendum")


def _parts(item: Dataset, *, title: str, depth: int) -> Iterator[Part]:
    """Text items in their order; each has the heading of its own concept or of the container around it."""
    if depth > _DEEPEST:
        raise ValueError(f"nests its content more than {_DEEPEST} levels deep")
    for content in item.get("ContentSequence") or []:
        code, name = _concept(content)
        if header_text(content, "RelationshipType") in _ABOUT_THE_DOCUMENT or is_no_report_text(code, name):
            continue
        own = title if title == _ADDENDUM else heading(code, name) or title
        if header_text(content, "ValueType") == "TEXT":
            yield Part(text=str(content.get("TextValue") or "").replace("\0", ""), code=code, title=own)
        yield from _parts(content, title=own, depth=depth + 1)


def _concept(content: Dataset) -> tuple[str, str]:
    items = content.get("ConceptNameCodeSequence") or []
    return (header_text(items[0], "CodeValue"), header_text(items[0], "CodeMeaning")) if len(items) else ("", "")


def _status(dataset: Dataset) -> Status:
    """Preliminary where the document says so or is partial; corrected where it replaces another."""
    if header_text(dataset, "PreliminaryFlag") == "PRELIMINARY" or header_text(dataset, "CompletionFlag") == "PARTIAL":
        return "preliminary"
    return "corrected" if dataset.get("PredecessorDocumentsSequence") else "final"


def _record(dataset: Dataset, written: str, status: Status, source: str) -> ReportRecord:
    read = plain_report(written, encoding=header_text(dataset, "SpecificCharacterSet") or "ISO_IR 6")
    requests = [header_text(request, "AccessionNumber") for request in dataset.get("ReferencedRequestSequence") or []]
    accession = header_text(dataset, "AccessionNumber")
    numbers = [number for number in dict.fromkeys([accession, *requests]) if number]
    return ReportRecord(
        text=read.text.strip(),
        accession_number=numbers[0] if numbers else "",
        study_uid=header_text(dataset, "StudyInstanceUID"),
        patient_id=header_text(dataset, "PatientID"),
        examined_at=moment_or_none(_joined(dataset, "Study")),
        reported_at=moment_or_none(_joined(dataset, "Content")),
        status=status,
        source=source,
        encoding=read.encoding,
        format=read.format,
        other_numbers=tuple(numbers[1:]),
        mended=read.mended,
    )


def _joined(dataset: Dataset, kind: str) -> str:
    """Date and time of a kind as HL7 writes them together."""
    date, time = header_text(dataset, f"{kind}Date"), header_text(dataset, f"{kind}Time")
    return f"{date}{time.partition('.')[0]}" if date else ""
