"""What was read of the images in the observations (OBX) of an HL7 v2 message, and in its notes where there are none."""

import base64
import binascii
import re
from collections.abc import Sequence

from glsmed.client.imports.report_record import Status
from glsmed.client.imports.reports.hl7.messages import Message, Segment
from glsmed.client.imports.reports.report_parts import Part, heading, is_no_report_text, joined_parts
from glsmed.client.imports.reports.statuses import observation_status
from glsmed.site_adapters.inputs.report_text import ReportText, plain_report, read_report_text

_TEXT_TYPES = ("TX", "FT", "ST")
_DOCUMENT = "ED"
_UID_CODES = ("113014", "110180", "0020000D", "STUDYUID", "STUDYINSTANCEUID")
_ABOUT = re.compile(r"(?<=\s)~(?=\s?\d)")  # "~5 mm" is a size and no repetition
_SUFFIXES = {"IMP": "Impression", "GDT": "Findings", "REC": "Recommendation", "ADT": "Addendum"}
_OF_ORDERS = ("PI", "GI")  # NTE-4, table 0364: instructions to the patient, and for the order


def observed_parts(message: Message, below: Sequence[Segment]) -> list[Part]:
    """What was read of the images, in its order.

    Documents that are attached count only where there is no text beside them, notes (NTE) only where there is no
    observation at all.

    Args:
        message: that the segments are of.
        below: the segments of one order or document.

    Raises:
        ValueError: there is none.
    """
    observations = [segment for segment in below if segment.name == "OBX"]
    said = [segment for segment in _in_order(observations) if not _is_something_else(message, segment)]
    texts = [segment for segment in said if message.part(segment, 2) in _TEXT_TYPES]
    documents = [segment for segment in said if message.part(segment, 2) == _DOCUMENT]
    parts = [_part(message, segment) for segment in texts]
    if not any(part.text.strip() for part in parts):
        parts += [_part(message, segment) for segment in documents]
    if not observations:
        parts = [_noted(message, segment) for segment in below if segment.name == "NTE"]
    if not any(part.text.strip() or part.status == "cancelled" for part in parts):
        kinds = ", ".join(sorted({message.part(segment, 2) or "none" for segment in observations}))
        raise ValueError(f"has no report text: expected an OBX of {', '.join(_TEXT_TYPES)}, got {kinds or 'no OBX'}")
    return parts


def text_of(parts: Sequence[Part], message: Message) -> ReportText:
    """The parts as one report."""
    return plain_report(joined_parts(parts), encoding=message.encoding)


def is_study_uid(message: Message, segment: Segment) -> bool:
    """Whether an observation holds the Study Instance UID."""
    identifier = message.part(segment, 3, 1).replace(" ", "").upper()
    name = message.part(segment, 3, 2).replace(" ", "").upper()
    return identifier in _UID_CODES or name in _UID_CODES


def _in_order(observations: Sequence[Segment]) -> list[Segment]:
    """Observations by their set number where each has one of its own, else as they were sent."""
    numbers = [segment.field(1).strip() for segment in observations]
    if all(map(str.isdecimal, numbers)) and len(set(map(int, numbers))) == len(numbers):
        return sorted(observations, key=lambda segment: int(segment.field(1)))
    return list(observations)


def _is_something_else(message: Message, segment: Segment) -> bool:
    """Whether an observation is an identifier, or the reason for the study."""
    code, name = message.part(segment, 3, 1), message.part(segment, 3, 2)
    return is_no_report_text(code, name) or is_study_uid(message, segment)


def _part(message: Message, segment: Segment) -> Part:
    status = _status(message, segment)
    code, name = _identified(message, segment)
    text = (
        _encapsulated(message, segment)
        if message.part(segment, 2) == _DOCUMENT
        else _written(message, segment.field(5))
    )
    title = heading(code, name)
    if title == "Addendum" and status != "cancelled":
        status = "addendum"
    return Part(text=text, status=status, code=code or name, title=title)


def _noted(message: Message, segment: Segment) -> Part:
    """A note (NTE-3), unless it is an instruction."""
    kind = message.part(segment, 4).upper()
    return Part(text="" if kind in _OF_ORDERS else _written(message, segment.field(3)))


def _status(message: Message, segment: Segment) -> Status | None:
    """What OBX-11 says; a text with a separator in it would put other fields there."""
    if segment.field(6) and not segment.field(11):
        raise ValueError("holds a field separator that is not escaped: what stands behind it would be lost")
    return observation_status(message.part(segment, 11))


def _identified(message: Message, segment: Segment) -> tuple[str, str]:
    """Code and name of OBX-3; the suffix of a code ("71020&IMP") says which part of the report it is."""
    _, _, suffix = segment.field(3).split(message.separators[0])[0].partition(message.separators[3])
    name = _SUFFIXES.get(suffix.strip().upper(), message.part(segment, 3, 2))
    return f"{message.part(segment, 3, 1)}{suffix}", name


def _written(message: Message, field: str) -> str:
    written = _ABOUT.sub("\0", field) if message.separators[1] == "~" else field
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
