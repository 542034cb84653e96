from datetime import datetime
from pathlib import Path

import pytest

from glsmed.client.imports.report_record import ReportRecord
from glsmed.client.imports.reports.hl7.documents import records_of_document
from glsmed.client.imports.reports.hl7.messages import Message, messages
from glsmed.client.imports.reports.hl7.reports import reports_in_hl7

HEAD = "MSH|^~\\&|DICT|HOSP|RIS|HOSP|20260109||MDM^{event}^MDM_T02|77|P|2.5"
PID = "PID|1||P7^^^HOSP^MR||Doe^Jane"
TXA = "TXA|1|CR|TX|20260108101500||20260108120000||||||D77||PL7|A7||{completion}||{availability}|||{signed}"
OBX = "OBX|1|TX|71046^Report||Small effusion.||||||F"


def message(
    *segments: str, event: str = "T02", completion: str = "LA", availability: str = "AV", signed: str = ""
) -> Message:
    txa = TXA.format(completion=completion, availability=availability, signed=signed)
    raw = "\r".join((HEAD.format(event=event), PID, txa, *segments, "")).encode()
    (only,) = messages(raw)
    assert isinstance(only, Message)
    return only


def test_a_document_with_everything_that_it_says() -> None:
    (record,) = records_of_document(message(OBX), "mdm.hl7: message 1")
    assert record == ReportRecord(
        text="Small effusion.",
        accession_number="A7",
        other_numbers=("PL7",),
        patient_id="P7",
        examined_at=datetime(2026, 1, 8, 10, 15),  # noqa: DTZ001  # the hospital's clock
        reported_at=datetime(2026, 1, 8, 12),  # noqa: DTZ001  # likewise
        status="final",
        source="mdm.hl7: message 1",
    )


def test_the_time_of_the_signature_goes_before_that_of_the_writing() -> None:
    signed = "99^Doe^John^^^^^^^^^^^^20260109073000"
    (record,) = records_of_document(message(OBX, signed=signed), "")
    assert str(record.reported_at) == "2026-01-09 07:30:00"


@pytest.mark.parametrize(
    ("event", "completion", "availability", "status"),
    [
        ("T02", "AU", "AV", "final"),
        ("T02", "", "", "final"),
        ("T04", "LA", "AV", "final"),
        ("T06", "AU", "AV", "addendum"),
        ("T08", "AU", "AV", "corrected"),
        ("T10", "AU", "AV", "corrected"),
        ("T11", "AU", "AV", "cancelled"),
        ("T04", "AU", "CA", "cancelled"),
        ("T02", "AU", "OB", "cancelled"),
        ("T02", "DI", "UN", "preliminary"),
        ("T02", "DO", "AV", "preliminary"),
        ("T02", "PA", "AV", "preliminary"),
        ("T10", "IP", "AV", "preliminary"),
    ],
)
def test_the_state_is_that_of_the_document_and_its_event(
    event: str, completion: str, availability: str, status: str
) -> None:
    found = message(OBX, event=event, completion=completion, availability=availability)
    (record,) = records_of_document(found, "")
    assert (record.status, record.text == "") == (status, status == "cancelled")


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ((), "no report text"),
        (("OBX|1|ED|PDF^Report||^Application^PDF^Base64^JVBERi0xLjQ=||||||F",), "a PDF"),
    ],
)
def test_a_document_without_text_is_named(segments: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(records_of_document(message(*segments), ""))


def test_a_notice_is_left_out_beside_the_document(tmp_path: Path) -> None:
    path = tmp_path / "mdm.hl7"
    head = HEAD.format(event="T01")
    path.write_text("\r".join((head, PID, TXA.format(completion="AU", availability="AV", signed=""), "")))
    found = reports_in_hl7(path)
    assert (found.records, "no report text" in found.left_out[0].reason) == ([], True)
