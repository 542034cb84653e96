"""Documents (MDM): a report that a dictation or document system sends, with what its TXA segment says of it."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from glsmed.client.imports.report_record import ReportRecord, Status
from glsmed.client.imports.reports.hl7.identifiers import order_numbers, patient_id, study_uid
from glsmed.client.imports.reports.hl7.messages import Message, Segment
from glsmed.client.imports.reports.hl7.observations import observed_parts, text_of
from glsmed.client.imports.reports.moments import moment_or_none
from glsmed.client.imports.reports.report_parts import Part
from glsmed.client.imports.reports.statuses import document_status
from glsmed.site_adapters.inputs.report_text import ReportText

_BY_EVENT: Mapping[str, Status] = {
    **dict.fromkeys(("T05", "T06"), "addendum"),
    **dict.fromkeys(("T07", "T08", "T09", "T10"), "corrected"),
    "T11": "cancelled",
}
_ACTIVITY, _ORIGINATION, _AUTHENTICATED = 4, 6, 22  # fields of TXA: when it was done, written and signed


def records_of_document(message: Message, source: str) -> Iterator[ReportRecord]:
    """The document, and its addendum where that is marked within it.

    Raises:
        ValueError: in plain words; it has no TXA, or no text.
    """
    document = _first(message, "TXA")
    if document is None:
        raise ValueError("is MDM without a TXA, which says what the document is about")
    status = _status(message, document)
    parts = [] if status == "cancelled" else observed_parts(message, message.segments)
    main = [part for part in parts if part.status not in ("addendum", "cancelled")]
    added = [part for part in parts if part.status == "addendum"]
    if not main and not added:
        yield _record(message, document, ReportText("", message.encoding, "plain"), ("cancelled", source))
    if main:
        yield _record(message, document, text_of(main, message), (_weaker(status, main), source))
    if added:
        yield _record(message, document, text_of(added, message), ("addendum", f"{source}, addendum"))


def _status(message: Message, document: Segment) -> Status:
    """The state by TXA-17 and TXA-19; a document that is finished is what its event makes of it."""
    written = document_status(message.part(document, 17), message.part(document, 19))
    if written != "final":
        return written
    return _BY_EVENT.get(message.part(message.segments[0], 9, 2) or message.part(message.segments[0], 9), "final")


def _weaker(status: Status, parts: list[Part]) -> Status:
    return "preliminary" if any(part.status == "preliminary" for part in parts) else status


def _record(message: Message, document: Segment, read: ReportText, what: tuple[Status, str]) -> ReportRecord:
    status, source = what
    accession, others = order_numbers(message, _likely(message, document), seldom=_seldom(message, document))
    request = _first(message, "OBR")
    examined = "" if request is None else message.part(request, 7)
    return ReportRecord(
        text=read.text.strip(),
        accession_number=accession,
        study_uid=study_uid(message, message.segments),
        patient_id=patient_id(message, _first(message, "PID")),
        examined_at=moment_or_none(examined) or moment_or_none(message.part(document, _ACTIVITY)),
        reported_at=_reported(message, document),
        status=status,
        source=source,
        encoding=read.encoding,
        format=read.format,
        other_numbers=others,
        mended=read.mended,
    )


def _reported(message: Message, document: Segment) -> datetime | None:
    signed = message.part(document, _AUTHENTICATED, 15)  # the time stamp behind the name
    written = (signed, message.part(document, _ORIGINATION), message.part(message.segments[0], 7))
    return next(filter(None, map(moment_or_none, written)), None)


def _likely(message: Message, document: Segment) -> Iterator[tuple[Segment | None, int]]:
    """Where the accession number mostly stands: the filler's number of the document's order."""
    yield document, 15
    yield from ((_first(message, "OBR"), field) for field in (18, 3))
    yield _first(message, "ORC"), 3


def _seldom(message: Message, document: Segment) -> Iterator[tuple[Segment | None, int]]:
    """Where some systems put it: the placer's number, and fields for their own use."""
    yield document, 14
    yield from ((_first(message, "OBR"), field) for field in (20, 21, 19, 2))
    yield _first(message, "ORC"), 2


def _first(message: Message, name: str) -> Segment | None:
    return next((segment for segment in message.segments if segment.name == name), None)
