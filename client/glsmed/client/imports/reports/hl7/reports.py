"""Every report in a file of HL7 v2, and each message that gives none with why."""

from collections.abc import Iterator
from pathlib import Path

from glsmed.client.imports.report_record import FoundReports, LeftOut, ReportRecord
from glsmed.client.imports.reports.hl7.documents import records_of_document
from glsmed.client.imports.reports.hl7.messages import Message, announced, as_single_bytes, messages
from glsmed.client.imports.reports.hl7.results import orders, records_of_order


def reports_in_hl7(path: Path) -> FoundReports:
    """One report for each OBR of a result that has text, and for each document.

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
    kind = message.part(message.segments[0], 9).partition("_")[0]
    if kind not in ("ORU", "MDM"):
        found.left_out.append(LeftOut(source, f"is {kind or 'of no type'}, expected ORU (results) or MDM (documents)"))
    elif message.is_cut:
        found.left_out.append(LeftOut(source, "is cut off: send it again"))
    else:
        for place, records in _reports(message, kind, source):
            try:
                found.records.extend(records)
            except ValueError as error:
                found.left_out.append(LeftOut(place, str(error)))


def _reports(message: Message, kind: str, source: str) -> Iterator[tuple[str, Iterator[ReportRecord]]]:
    """Place and records of each report in a message, read only when they are taken."""
    if kind == "MDM":
        yield source, records_of_document(message, source)
        return
    for number, order in enumerate(orders(message), 1):
        place = f"{source}, OBR {number}"
        yield place, records_of_order(order, place)
