"""Reports in HL7 v2 ORU messages: the text of each order's observations, what it is joined by, and its state."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.imports.report_record import FoundReports, LeftOut, ReportRecord, Status
from glsmed.client.imports.reports.hl7_messages import Message, Segment, announced, as_single_bytes, messages
from glsmed.client.imports.reports.moments import moment_or_none
from glsmed.client.imports.reports.report_parts import Part, heading, is_no_report_text, joined_parts
from glsmed.client.imports.reports.statuses import observation_status, result_status
from glsmed.site_adapters.inputs.report_text import ReportText, plain_report, read_report_text

_TEXT_TYPES = ("TX", "FT", "ST")
_DOCUMENT = "ED"
_UID_CODES = ("113014", "110180", "0020000D", "STUDYUID", "STUDYINSTANCEUID")
_UID = re.compile(r"[0-9]+(?:\.[0-9]+){3,}")
_ABOUT = re.compile(r"(?<=\s)~(?=\s?\d)")  # "~5 mm" is a size and no repetition
_SUFFIXES = {"IMP": "Impression", "GDT": "Findings", "REC": "Recommendation", "ADT": "Addendum"}
_OTHER_SECTIONS = re.compile(r"LAB|HM|CH|MB|BLB|SP|CP|CTH|GE|VR|SR|PHR|PF|PT|OT|ECG|EC|EN|EMG")  # of table 0074
_STATES: tuple[Status, ...] = ("preliminary", "corrected", "final")  # the first that a part has is the whole's


@dataclass(frozen=True, slots=True)
class _Order:
    """One OBR with what belongs to it."""

    message: Message
    patient: Segment | None
    common: Segment | None
    request: Segment
    observations: tuple[Segment, ...]
    others: tuple[Segment, ...]


def reports_in_hl7(path: Path) -> FoundReports:
    """One report for each OBR that has text.

    Raises:
        OSError: the file cannot be read.
    """
    raw = as_single_bytes(path.read_bytes())
    found = FoundReports([], [])
    number = 0
    for number, message in enumerate(messages(raw), 1):
        source = f"{path}: message {number}"
        if isinstance(message, ValueError):
            found.left_out.append(LeftOut(source, str(message)))
        else:
            _collect(message, source, found)
    expected = announced(raw)
    if expected is not None and expected != number:
        found.left_out.append(LeftOut(str(path), f"has {number} messages, but its BTS announces {expected}: it is cut"))
    return found


def _collect(message: Message, source: str, found: FoundReports) -> None:
    kind = message.part(message.segments[0], 9)
    if kind != "ORU":
        found.left_out.append(LeftOut(source, f"is {kind or 'of no type'}, expected ORU (results)"))
    elif message.is_cut:
        found.left_out.append(LeftOut(source, "is cut off: send it again"))
    else:
        for number, order in enumerate(_orders(message), 1):
            place = f"{source}, OBR {number}"
            try:
                found.records.extend(_records(order, place))
            except ValueError as error:
                found.left_out.append(LeftOut(place, str(error)))


def _orders(message: Message) -> Iterator[_Order]:
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
            yield _order(message, patient, common, request, below)
            common = None
        below, request = [], segment if segment.name == "OBR" else None
        patient = segment if segment.name == "PID" else patient
        common = segment if segment.name == "ORC" else common
    if request is not None:
        yield _order(message, patient, common, request, below)


def _order(
    message: Message, patient: Segment | None, common: Segment | None, request: Segment, below: Sequence[Segment]
) -> _Order:
    observations = tuple(segment for segment in below if segment.name == "OBX")
    everywhere = tuple(segment for segment in message.segments if segment.name in ("ZDS", "IPC"))
    own = tuple(segment for segment in below if segment.name in ("ZDS", "IPC"))
    return _Order(message, patient, common, request, observations, own or everywhere)


def _records(order: _Order, source: str) -> Iterator[ReportRecord]:
    """The report, and its addendum where that is marked within it."""
    section = order.message.part(order.request, 24).upper()
    if _OTHER_SECTIONS.fullmatch(section):
        raise ValueError(f"is of section {section} (OBR-24), not of radiology")
    whole = result_status(order.message.part(order.request, 25))
    parts = [] if whole == "cancelled" else _parts(order)
    main = [part for part in parts if part.status not in ("addendum", "cancelled")]
    added = [part for part in parts if part.status == "addendum"]
    if not main and not added:
        yield _record(order, source, ReportText("", order.message.encoding, "plain"), "cancelled")
    if main:
        yield _record(order, source, _text(main, order), _state(whole, main))
    if added:
        yield _record(order, f"{source}, addendum", _text(added, order), "addendum")


def _parts(order: _Order) -> list[Part]:
    """What was read of the images, in its order; documents that are attached only where there is no text beside them.

    Raises:
        ValueError: there is none.
    """
    message = order.message
    said = [segment for segment in _in_order(order.observations) if not _is_something_else(message, segment)]
    texts = [segment for segment in said if message.part(segment, 2) in _TEXT_TYPES]
    documents = [segment for segment in said if message.part(segment, 2) == _DOCUMENT]
    parts = [_part(message, segment) for segment in texts]
    if not any(part.text.strip() for part in parts):
        parts += [_part(message, segment) for segment in documents]
    if not any(part.text.strip() or part.status == "cancelled" for part in parts):
        kinds = ", ".join(sorted({message.part(segment, 2) or "none" for segment in order.observations}))
        raise ValueError(f"has no report text: expected an OBX of {', '.join(_TEXT_TYPES)}, got {kinds or 'no OBX'}")
    return parts


def _state(whole: Status | None, parts: Sequence[Part]) -> Status:
    """The weaker of what the order and its observations say."""
    said = {whole, *(part.status for part in parts)}
    return next((state for state in _STATES if state in said), "final")


def _in_order(observations: Sequence[Segment]) -> list[Segment]:
    """Observations by their set number where each has one of its own, else as they were sent."""
    numbers = [segment.field(1).strip() for segment in observations]
    if all(map(str.isdecimal, numbers)) and len(set(map(int, numbers))) == len(numbers):
        return sorted(observations, key=lambda segment: int(segment.field(1)))
    return list(observations)


def _is_something_else(message: Message, segment: Segment) -> bool:
    """Whether an observation is an identifier, or the reason for the study."""
    code, name = message.part(segment, 3, 1), message.part(segment, 3, 2)
    return is_no_report_text(code, name) or _is_study_uid(message, segment)


def _is_study_uid(message: Message, segment: Segment) -> bool:
    identifier = message.part(segment, 3, 1).replace(" ", "").upper()
    name = message.part(segment, 3, 2).replace(" ", "").upper()
    return identifier in _UID_CODES or name in _UID_CODES


def _part(message: Message, segment: Segment) -> Part:
    status = _observation_status(message, segment)
    code, name = _identified(message, segment)
    text = _encapsulated(message, segment) if message.part(segment, 2) == _DOCUMENT else _observed(message, segment)
    title = heading(code, name)
    if title == "Addendum" and status != "cancelled":
        status = "addendum"
    return Part(text=text, status=status, code=code or name, title=title)


def _observation_status(message: Message, segment: Segment) -> Status | None:
    """What OBX-11 says; a text with a separator in it would put other fields there."""
    if segment.field(6) and not segment.field(11):
        raise ValueError("holds a field separator that is not escaped: what stands behind it would be lost")
    return observation_status(message.part(segment, 11))


def _identified(message: Message, segment: Segment) -> tuple[str, str]:
    """Code and name of OBX-3; the suffix of a code ("71020&IMP") says which part of the report it is."""
    _, _, suffix = segment.field(3).split(message.separators[0])[0].partition(message.separators[3])
    name = _SUFFIXES.get(suffix.strip().upper(), message.part(segment, 3, 2))
    return f"{message.part(segment, 3, 1)}{suffix}", name


def _observed(message: Message, segment: Segment) -> str:
    written = segment.field(5)
    if message.separators[1] == "~":
        written = _ABOUT.sub("\0", written)
    lines = written.split(message.separators[1])
    text = "\n".join(message.unescaped(line) for line in lines).replace("\0", "~")
    if text.lstrip().startswith("{\\rtf"):
        return plain_report(text, encoding=message.encoding).text
    return text


def _encapsulated(message: Message, segment: Segment) -> str:
    """The text of an ED value: source, type, subtype, encoding and data."""
    kind = "/".join(filter(None, (message.part(segment, 5, 2), message.part(segment, 5, 3)))).lower()
    encoding, data = message.part(segment, 5, 4).lower(), message.part(segment, 5, 5)
    if encoding == "base64":
        try:
            raw = base64.b64decode("".join(data.split()), validate=True)
        except binascii.Error:
            raise ValueError(f"holds {kind or 'data'} in Base64 that is damaged or cut off") from None
        return read_report_text(raw, name=f"holds {kind or 'data'} that").text
    if encoding in ("a", "ascii", ""):
        return plain_report(data, encoding=message.encoding).text
    raise ValueError(f"holds {kind or 'data'} encoded as {encoding}: expected Base64 or text")


def _text(parts: Sequence[Part], order: _Order) -> ReportText:
    return plain_report(joined_parts(parts), encoding=order.message.encoding)


def _record(order: _Order, source: str, read: ReportText, status: Status) -> ReportRecord:
    accession, others = _numbers(order)
    message, request = order.message, order.request
    return ReportRecord(
        text=read.text.strip(),
        accession_number=accession,
        study_uid=_study_uid(order),
        patient_id=_patient_id(order),
        examined_at=moment_or_none(message.part(request, 7)),
        reported_at=moment_or_none(message.part(request, 22)) or moment_or_none(message.part(message.segments[0], 7)),
        status=status,
        source=source,
        encoding=read.encoding,
        format=read.format,
        other_numbers=others,
        mended=read.mended,
    )


def _numbers(order: _Order) -> tuple[str, tuple[str, ...]]:
    """The accession number, and what else may be it: systems put it into one of several fields."""
    message = order.message
    found = [message.part(segment, 1) for segment in order.others if segment.name == "IPC"]
    found += [message.part(order.request, 18), message.part(order.request, 3)]
    found += [message.part(order.common, 3)] if order.common is not None else []
    distinct = list(dict.fromkeys(number for number in found if number))
    return (distinct[0], tuple(distinct[1:])) if distinct else ("", ())


def _study_uid(order: _Order) -> str:
    """From IPC-3 or the segment ZDS of IHE, else from an observation that holds it."""
    message = order.message
    found = [message.part(segment, 3 if segment.name == "IPC" else 1) for segment in order.others]
    found += [message.part(segment, 5) for segment in order.observations if _is_study_uid(message, segment)]
    uids = {uid for uid in found if _UID.fullmatch(uid)}
    if len(uids) > 1:
        raise ValueError(f"names several studies: {', '.join(sorted(uids))}")
    return next(iter(uids), "")


def _patient_id(order: _Order) -> str:
    """The hospital's own number (type MR) of PID-3, else its first, else PID-2."""
    if order.patient is None:
        return ""
    message = order.message
    listed = [repetition for repetition in message.repetitions(order.patient, 3) if message.component(repetition, 1)]
    own = [repetition for repetition in listed if message.component(repetition, 5).upper() in ("MR", "PI")]
    for repetition in (*own, *listed):
        return message.component(repetition, 1)
    return message.part(order.patient, 2)
