import base64
from datetime import datetime
from pathlib import Path

import pytest

from glsmed.client.imports.report_record import FoundReports, ReportRecord
from glsmed.client.imports.reports.hl7.reports import reports_in_hl7

MSH = "MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260109||ORU^R01|77|P|2.5"
PID = "PID|1|OLD1|998^^^REGION^NI~P7^^^HOSP^MR||Doe^Jane"
OBR = (
    "OBR|1|PL7|A7^RIS|71046^Chest 2 views|||20260108101500|||||||||||||||20260108120000|||F"
    "||||||R05^Cough: rule out mass"
)
OBX = "OBX|{number}|{kind}|{what}||{text}||||||{status}"


def obx(number: int, text: str, *, what: str = "71046^Report", kind: str = "TX", status: str = "F") -> str:
    return OBX.format(number=number, kind=kind, what=what, text=text, status=status)


def found(folder: Path, *segments: str, head: str = MSH) -> FoundReports:
    path = folder / "oru.hl7"
    path.write_bytes("\r".join((head, *segments, "")).encode())
    return reports_in_hl7(path)


def only(folder: Path, *segments: str) -> ReportRecord:
    reports = found(folder, *segments)
    assert reports.left_out == []
    (record,) = reports.records
    return record


def reason(folder: Path, *segments: str, head: str = MSH) -> str:
    reports = found(folder, *segments, head=head)
    assert reports.records == []
    (left_out,) = reports.left_out
    return left_out.reason


def test_a_report_with_everything_that_it_says(tmp_path: Path) -> None:
    record = only(tmp_path, PID, "ORC|RE|PL7|A7", OBR, obx(1, "Small effusion."), obx(2, "Heart normal."))
    assert record == ReportRecord(
        text="Small effusion.\nHeart normal.",
        accession_number="A7",
        other_numbers=("PL7",),
        patient_id="P7",
        examined_at=datetime(2026, 1, 8, 10, 15),  # noqa: DTZ001  # the hospital's clock
        reported_at=datetime(2026, 1, 8, 12),  # noqa: DTZ001  # likewise
        status="final",
        source=f"{tmp_path / 'oru.hl7'}: message 1, OBR 1",
    )


def test_neither_the_reason_of_the_order_nor_that_of_an_observation_is_text(tmp_path: Path) -> None:
    record = only(
        tmp_path,
        PID,
        OBR,
        obx(1, "rule out pneumothorax", what="18785-6^Reason for study^LN"),
        obx(2, "smoker", what="HX^Clinical history"),
        obx(3, "Verdacht auf Erguss", what="FRAGE^Fragestellung"),
        obx(4, "肺炎の精査", what="IRAI^依頼目的"),
        obx(5, "Clear lungs."),
        "NTE|1||a note to the ward",
    )
    assert record.text == "Clear lungs."


def test_observations_stand_in_the_order_of_their_set_numbers(tmp_path: Path) -> None:
    assert only(tmp_path, PID, OBR, obx(10, "three"), obx(2, "two"), obx(1, "one")).text == "one\ntwo\nthree"


def test_observations_that_share_numbers_stay_as_they_were_sent(tmp_path: Path) -> None:
    assert only(tmp_path, PID, OBR, obx(1, "one"), obx(1, "two"), obx(1, "three")).text == "one\ntwo\nthree"


def test_repetitions_are_lines_and_about_is_no_repetition(tmp_path: Path) -> None:
    assert (
        only(tmp_path, PID, OBR, obx(1, "A nodule of ~5 mm.~No effusion.")).text == "A nodule of ~5 mm.\nNo effusion."
    )


def test_text_with_signs_that_should_have_been_escaped_is_whole(tmp_path: Path) -> None:
    assert only(tmp_path, PID, OBR, obx(1, "Heart & lungs: 2^3 mm")).text == "Heart & lungs: 2^3 mm"


def test_only_text_types_are_read(tmp_path: Path) -> None:
    record = only(
        tmp_path,
        PID,
        OBR,
        obx(1, "12.5", kind="NM"),
        obx(2, "Formatted\\.br\\text", kind="FT"),
        obx(3, "R91^x", kind="CE"),
    )
    assert record.text == "Formatted\ntext"


def test_sections_of_their_own_get_headings(tmp_path: Path) -> None:
    record = only(
        tmp_path,
        PID,
        OBR,
        obx(1, "Opacity at the left base.", what="59776-5^Procedure findings^LN"),
        obx(2, "Pneumonia is likely.", what="71046&IMP^Chest"),
    )
    assert record.text == "Findings:\nOpacity at the left base.\nImpression:\nPneumonia is likely."


@pytest.mark.parametrize(
    ("request_status", "status", "expected"),
    [
        ("F", "F", "final"),
        ("", "F", "final"),
        ("", "", "final"),
        ("P", "F", "preliminary"),
        ("F", "P", "preliminary"),
        ("R", "R", "preliminary"),
        ("C", "C", "corrected"),
        ("F", "C", "corrected"),
    ],
)
def test_the_weaker_of_two_states_counts(tmp_path: Path, request_status: str, status: str, expected: str) -> None:
    request = OBR.replace("|||F||", f"|||{request_status}||")
    assert only(tmp_path, PID, request, obx(1, "Text.", status=status)).status == expected


def test_a_cancelled_order_is_a_record_without_text(tmp_path: Path) -> None:
    record = only(tmp_path, PID, OBR.replace("|||F||", "|||X||"), obx(1, "Text."))
    assert (record.status, record.text) == ("cancelled", "")


def test_a_deleted_line_is_left_away(tmp_path: Path) -> None:
    assert only(tmp_path, PID, OBR, obx(1, "Kept."), obx(2, "Wrong.", status="D")).text == "Kept."


def test_an_addendum_within_a_message_is_a_record_of_its_own(tmp_path: Path) -> None:
    reports = found(tmp_path, PID, OBR, obx(1, "Clear."), obx(2, "A nodule after all.", what="71046&ADT^Chest"))
    assert [(each.status, each.text) for each in reports.records] == [
        ("final", "Clear."),
        ("addendum", "A nodule after all."),
    ]


def test_every_order_of_a_message_is_a_report_of_its_own_patient(tmp_path: Path) -> None:
    other = OBR.replace("A7", "A8")
    reports = found(
        tmp_path, PID, OBR, obx(1, "First."), other, obx(1, "Second."), "PID|2||P9^^^HOSP^MR", OBR, obx(1, "Third.")
    )
    assert [(each.accession_number, each.patient_id, each.text) for each in reports.records] == [
        ("A7", "P7", "First."),
        ("A8", "P7", "Second."),
        ("A7", "P9", "Third."),
    ]


@pytest.mark.parametrize(
    ("segments", "number", "others"),
    [
        (["OBR|1|PL|F1|x"], "F1", ("PL",)),
        (["OBR|1|PL|F1|x||||||||||||||ACC1"], "ACC1", ("F1", "PL")),
        (["ORC|RE|PL|C1", "OBR|1|PL||x"], "C1", ("PL",)),
        (["OBR|1|PL|F1|x", "IPC|I1|P1|1.2.840.99.7"], "I1", ("F1", "PL")),
    ],
)
def test_the_accession_number_stands_in_one_of_several_fields(
    tmp_path: Path, segments: list[str], number: str, others: tuple[str, ...]
) -> None:
    record = only(tmp_path, PID, *segments, obx(1, "Text."))
    assert (record.accession_number, record.other_numbers) == (number, others)


@pytest.mark.parametrize(
    "segment",
    [
        "ZDS|1.2.840.99.7^PACS^Application^DICOM",
        "OBX|9|ST|113014^DICOM Study^DCM||1.2.840.99.7||||||F",
        "OBX|9|HD|STUDY_UID^Study Instance UID||1.2.840.99.7||||||F",
        "IPC|A7|P1|1.2.840.99.7",
    ],
)
def test_the_study_uid_is_found(tmp_path: Path, segment: str) -> None:
    record = only(tmp_path, PID, OBR, obx(1, "Text."), segment)
    assert (record.study_uid, record.text) == ("1.2.840.99.7", "Text.")


def test_rtf_in_an_observation_is_read(tmp_path: Path) -> None:
    rtf = r"{\E\rtf1\E\ansi\E\ansicpg1252 Neumon\E\'eda\E\par Derrame}"
    assert only(tmp_path, PID, OBR, obx(1, rtf, kind="FT")).text == "Neumonía\nDerrame"


def test_html_over_several_observations_is_read(tmp_path: Path) -> None:
    assert only(tmp_path, PID, OBR, obx(1, "<p>No\\T\\nbsp;effusion.</p>"), obx(2, "<b>Clear</b>")).text == (
        "No effusion.\nClear"
    )


def encapsulated(kind: str, content: bytes) -> str:
    data = base64.b64encode(content).decode()
    return obx(2, f"RIS^{kind}^Base64^{data}", kind="ED")


def test_a_document_of_text_is_read_where_there_is_nothing_else(tmp_path: Path) -> None:
    document = encapsulated("TEXT^plain", "Größe unverändert.".encode("latin-1"))
    assert only(tmp_path, PID, OBR, document).text == "Größe unverändert."


def test_a_pdf_beside_the_text_is_no_matter(tmp_path: Path) -> None:
    assert only(tmp_path, PID, OBR, obx(1, "Clear."), encapsulated("AP^PDF", b"%PDF-1.4 x")).text == "Clear."


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ([PID, OBR, encapsulated("Application^PDF", b"%PDF-1.4 x")], "holds application/pdf that is a PDF"),
        ([PID, OBR, obx(1, "RIS^TEXT^plain^Base64^Tm8=gg", kind="ED")], "damaged or cut off"),
        ([PID, OBR, obx(1, "5", kind="NM")], "no report text: expected an OBX of TX, FT, ST, got NM"),
        ([PID, OBR], "got no OBX"),
        ([PID, OBR, obx(1, "   ")], "no report text"),
        ([PID, OBR, obx(1, "size 3|4 mm")], "holds a field separator"),
        ([PID, OBR.replace("|||F||", "|||Q||"), obx(1, "Text.")], "OBR-25: expected one of"),
        (
            [PID, OBR.replace("|||F|", "||LAB|F|"), obx(1, "Hb 7")],
            "LAB",
        ),
        (
            [PID, OBR, obx(1, "Text."), "ZDS|1.2.840.99.7", "ZDS|1.2.840.99.8"],
            "several studies",
        ),
    ],
)
def test_an_order_that_gives_no_report_is_named(tmp_path: Path, segments: list[str], words: str) -> None:
    assert words in reason(tmp_path, *segments)


def test_another_type_of_message_is_named(tmp_path: Path) -> None:
    assert (
        reason(tmp_path, PID, head=MSH.replace("ORU^R01", "ADT^A01"))
        == "is ADT, expected ORU (results) or MDM (documents)"
    )


def test_a_message_that_is_cut_is_named_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "oru.hl7"
    whole = "\r".join((MSH, PID, OBR, obx(1, "Clear."), ""))
    path.write_bytes((whole + "\r".join((MSH, PID, OBR, "OBX|1|TX|1^Report||No eff"))).encode())
    reports = reports_in_hl7(path)
    assert [each.text for each in reports.records] == ["Clear."]
    assert [(each.source, each.reason) for each in reports.left_out] == [
        (f"{path}: message 2", "is cut off: send it again")
    ]


def test_a_batch_with_fewer_messages_than_it_announces_is_named(tmp_path: Path) -> None:
    path = tmp_path / "oru.hl7"
    path.write_text("\r".join(("BHS|^~\\&|RIS", MSH, PID, OBR, obx(1, "Clear."), "BTS|3", "")))
    assert reports_in_hl7(path).left_out[0].reason == "has 1 messages, but its BTS announces 3: it is cut"
