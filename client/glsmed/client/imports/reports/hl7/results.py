"""Results (ORU): the text of each order's observations, what it is joined by, and its state."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glsmed.client.imports.report_record import ReportRecord, Status
from glsmed.client.imports.reports.hl7.identifiers import order_numbers, patient_id, study_uid
from glsmed.client.imports.reports.hl7.messages import Message, Segment
from glsmed.client.imports.reports.hl7.observations import observed_parts, text_of
from glsmed.client.imports.reports.moments import moment_or_none
from glsmed.client.imports.reports.report_parts import Part
from glsmed.client.imports.reports.statuses import result_status
from glsmed.site_adapters.inputs.report_text import ReportText

_OTHER_SECTIONS = re.compile(r"LAB|HM|CH|MB|BLB|SP|CP|CTH|GE|VR|SR|PHR|PF|PT|OT|ECG|EC|EN|EMG")  # of table 0074
_STATES: tuple[Status, ...] = ("preliminary", "corrected", "final")  # the first that a part has is the whole's


@dataclass(frozen=True, slots=True)
class Order:
    """One OBR with the PID and ORC before it, and what belongs to it."""

    message: Message
    patient: Segment | None
    common: Segment | None
    request: Segment
    below: tuple[Segment, ...]


def orders(message: Message) -> Iterator[Order]:
    """Each OBR with the PID and ORC before it, and what follows it up to the next order."""
    patient: Segment | None = None
    common: Segment | None = None
    request: Segment | None = None
    below: list[Segment] = []
    for segment in message.segments:
        if segment.name not in ("PID", "ORC", "OBR"):
            below.append(segment)
            continue
        if request is not None:
            yield Order(message, patient, common, request, tuple(below))
            common = None
        below, request = [], segment if segment.name == "OBR" else None
        patient = segment if segment.name == "PID" else patient
        common = segment if segment.name == "ORC" else common
    if request is not None:
        yield Order(message, patient, common, request, tuple(below))


def records_of_order(order: Order, source: str) -> Iterator[ReportRecord]:
    """The report, and its addendum where that is marked within it.

    Raises:
        ValueError: in plain words; it has no text, or is not of radiology.
    """
    section = order.message.part(order.request, 24).upper()
    if _OTHER_SECTIONS.fullmatch(section):
        raise ValueError(f"is of section {section} (OBR-24), not of radiology")
    whole = result_status(order.message.part(order.request, 25))
    parts = [] if whole == "cancelled" else observed_parts(order.message, order.below)
    main = [part for part in parts if part.status not in ("addendum", "cancelled")]
    added = [part for part in parts if part.status == "addendum"]
    if not main and not added:
        yield _record(order, source, ReportText("", order.message.encoding, "plain"), "cancelled")
    if main:
        yield _record(order, source, text_of(main, order.message), _state(whole, main))
    if added:
        yield _record(order, f"{source}, addendum", text_of(added, order.message), "addendum")


def _state(whole: Status | None, parts: Sequence[Part]) -> Status:
    """The weaker of what the order and its observations say."""
    said = {whole, *(part.status for part in parts)}
    return next((state for state in _STATES if state in said), "final")


def _record(order: Order, source: str, read: ReportText, status: Status) -> ReportRecord:
    message, request = order.message, order.request
    accession, others = order_numbers(message, _likely(order), seldom=_seldom(order))
    return ReportRecord(
        text=read.text.strip(),
        accession_number=accession,
        study_uid=study_uid(message, order.below),
        patient_id=patient_id(message, order.patient),
        examined_at=moment_or_none(message.part(request, 7)),
        reported_at=moment_or_none(message.part(request, 22)) or moment_or_none(message.part(message.segments[0], 7)),
        status=status,
        source=source,
        encoding=read.encoding,
        format=read.format,
        other_numbers=others,
        mended=read.mended,
    )


def _likely(order: Order) -> Iterator[tuple[Segment | None, int]]:
    """Where the accession number mostly stands."""
    own = [segment for segment in order.below if segment.name == "IPC"]
    yield from ((segment, 1) for segment in own or (each for each in order.message.segments if each.name == "IPC"))
    yield from ((order.request, field) for field in (18, 3))
    yield order.common, 3


def _seldom(order: Order) -> Iterator[tuple[Segment | None, int]]:
    """Where some systems put it: fields for the filler's and the placer's own use, and the placer's number."""
    yield from ((order.request, field) for field in (20, 21, 19, 2))
    yield order.common, 2
