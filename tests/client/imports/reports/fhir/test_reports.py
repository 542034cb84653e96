import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.imports.report_record import FoundReports, ReportRecord
from glsmed.client.imports.reports.fhir.reports import reports_in_fhir

UID = "1.2.840.99.7"


def report(**changes: Any) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "id": "r7",
        "status": "final",
        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "A7"}],
        "subject": {"reference": "Patient/7"},
        "effectiveDateTime": "2026-01-08T10:15:00+09:00",
        "issued": "2026-01-08T12:00:00.123Z",
        "conclusion": "Small effusion.",
        **changes,
    }
    return {key: value for key, value in resource.items() if value is not None}


def attachment(content: bytes, kind: str = "text/plain", **more: Any) -> dict[str, Any]:
    return {"contentType": kind, "data": base64.b64encode(content).decode(), **more}


def found(folder: Path, content: object) -> FoundReports:
    path = folder / "report.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return reports_in_fhir(path)


def only(folder: Path, content: object) -> ReportRecord:
    reports = found(folder, content)
    assert reports.left_out == []
    (record,) = reports.records
    return record


def reason(folder: Path, resource: Mapping[str, Any]) -> str:
    reports = found(folder, resource)
    assert reports.records == []
    return reports.left_out[0].reason


def test_a_report_with_everything_that_it_says(tmp_path: Path) -> None:
    assert only(tmp_path, report()) == ReportRecord(
        text="Small effusion.",
        accession_number="A7",
        patient_id="7",
        examined_at=datetime(2026, 1, 8, 10, 15),  # noqa: DTZ001  # the hospital's clock
        reported_at=datetime(2026, 1, 8, 12),  # noqa: DTZ001  # likewise
        source=f"{tmp_path / 'report.json'}: DiagnosticReport r7",
    )


@pytest.mark.parametrize(
    ("content", "kind", "form", "text"),
    [
        ("Größe unverändert.".encode("latin-1"), "text/plain; charset=ISO-8859-1", "plain", "Größe unverändert."),
        ("結節影あり。".encode("cp932"), "text/plain; charset=shift_jis", "plain", "結節影あり。"),
        ("Neumonía.".encode(), "text/plain", "plain", "Neumonía."),
        ("Выпот".encode("cp1251"), 'text/plain;charset="windows-1251"', "plain", "Выпот"),
        (b"<div>No&nbsp;effusion.</div>", "text/html", "html", "No effusion."),
        (rb"{\rtf1\ansi Neumon\'eda}", "application/rtf", "rtf", "Neumonía"),
    ],
)
def test_attached_text_is_read_by_its_type(tmp_path: Path, content: bytes, kind: str, form: str, text: str) -> None:
    record = only(tmp_path, report(conclusion=None, presentedForm=[attachment(content, kind)]))
    assert (record.text, record.format) == (text, form)


def test_the_conclusion_follows_what_is_attached(tmp_path: Path) -> None:
    record = only(tmp_path, report(presentedForm=[attachment(b"Opacity at the left base.")]))
    assert record.text == "Opacity at the left base.\n\nConclusion:\nSmall effusion."


def test_a_conclusion_that_is_in_the_text_already_is_not_repeated(tmp_path: Path) -> None:
    record = only(tmp_path, report(presentedForm=[attachment(b"IMPRESSION:\nSmall\n effusion.")]))
    assert record.text == "IMPRESSION:\nSmall\n effusion."


def test_of_one_report_in_several_formats_the_plainest_is_read(tmp_path: Path) -> None:
    forms = [
        attachment(b"%PDF-1.4", "application/pdf"),
        attachment(b"<p>Clear.</p>", "text/html"),
        attachment(b"Clear."),
    ]
    assert only(tmp_path, report(conclusion=None, presentedForm=forms)).text == "Clear."


def test_beside_a_pdf_the_conclusion_is_read_and_that_is_said(tmp_path: Path) -> None:
    record = only(tmp_path, report(presentedForm=[attachment(b"%PDF-1.4", "application/pdf")]))
    assert record.text == "Small effusion."
    assert record.mended.startswith("only the conclusion is read")


def test_a_data_url_and_a_binary_of_the_bundle_are_read(tmp_path: Path) -> None:
    data = "data:text/plain;charset=utf-8;base64," + base64.b64encode("Größe".encode()).decode()
    assert only(tmp_path, report(conclusion=None, presentedForm=[{"url": data}])).text == "Größe"
    binary = {"resourceType": "Binary", "id": "b", **attachment(b"From a binary.")}
    resource = report(conclusion=None, presentedForm=[{"contentType": "text/plain", "url": "Binary/b"}])
    assert only(tmp_path, {"resourceType": "Bundle", "entry": [{"resource": resource}, {"resource": binary}]}).text == (
        "From a binary."
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("registered", "preliminary"),
        ("partial", "preliminary"),
        ("preliminary", "preliminary"),
        ("final", "final"),
        ("amended", "corrected"),
        ("corrected", "corrected"),
        ("appended", "corrected"),
        ("cancelled", "cancelled"),
        ("entered-in-error", "cancelled"),
    ],
)
def test_states_of_fhir(tmp_path: Path, status: str, expected: str) -> None:
    assert only(tmp_path, report(status=status)).status == expected


def test_what_a_bundle_says_around_the_report_counts(tmp_path: Path) -> None:
    patient = {
        "resourceType": "Patient",
        "id": "7",
        "identifier": [
            {"value": "N1"},
            {"type": {"coding": [{"code": "MR"}]}, "value": "P7"},
        ],
    }
    study = {
        "resourceType": "ImagingStudy",
        "id": "s",
        "identifier": [
            {"system": "urn:dicom:uid", "value": f"urn:oid:{UID}"},
            {"type": {"coding": [{"code": "ACSN"}]}, "value": "A7"},
        ],
    }
    resource = report(
        identifier=None, subject={"reference": "urn:uuid:p"}, imagingStudy=[{"reference": "ImagingStudy/s"}]
    )
    record = only(
        tmp_path,
        {
            "resourceType": "Bundle",
            "entry": [
                {"fullUrl": "urn:uuid:p", "resource": patient},
                {"resource": study},
                {"resource": resource},
            ],
        },
    )
    assert (record.patient_id, record.study_uid, record.accession_number) == ("P7", UID, "A7")


def test_a_contained_order_and_a_logical_reference_count(tmp_path: Path) -> None:
    order = {
        "resourceType": "ServiceRequest",
        "id": "o",
        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "A9"}],
    }
    resource = report(
        identifier=[{"value": "RIS-1"}],
        contained=[order],
        basedOn=[{"reference": "#o"}],
        study=[{"identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{UID}"}}],
        subject={"identifier": {"value": "P9"}},
    )
    record = only(tmp_path, resource)
    assert (record.accession_number, record.other_numbers) == ("A9", ("RIS-1",))
    assert (record.study_uid, record.patient_id) == (UID, "P9")


def test_one_resource_a_line_and_a_broken_line_is_named(tmp_path: Path) -> None:
    lines = [json.dumps(report(id="a")), json.dumps(report(id="b")), json.dumps(report(id="c"))[:-20]]
    reports = found(tmp_path, "\n".join(lines))
    assert len(reports.records) == 2
    assert str(reports.left_out[0]) == f"{tmp_path / 'report.json'}:3: is not JSON: it is cut off or damaged"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conclusion": None}, "neither presentedForm nor conclusion"),
        ({"status": None}, "has no status"),
        ({"status": "unknown"}, "expected one of"),
        ({"presentedForm": [{"data": "Tm8gZWZm!"}]}, "damaged or cut off"),
        ({"presentedForm": [attachment(b"Clear.", hash="AAAA")]}, "does not have the hash"),
        ({"conclusion": None, "presentedForm": [{"url": "https://ris/7"}]}, "only the address https://ris/7"),
        ({"conclusion": None, "presentedForm": [attachment(b"x", "application/pdf")]}, "is application/pdf, not text"),
        ({"conclusion": None, "presentedForm": [attachment(b"%PDF-1.7", "text/plain")]}, "is a PDF"),
        ({"conclusion": None, "presentedForm": [{}]}, "neither data nor url"),
        ({"category": [{"coding": [{"code": "LAB"}]}]}, "is of category LAB"),
        ({"conclusion": None, "presentedForm": [attachment("Größe".encode("cp850"))]}, "in doubt"),
    ],
)
def test_what_gives_no_report_is_named(tmp_path: Path, changes: Mapping[str, Any], words: str) -> None:
    assert words in reason(tmp_path, report(**changes))


def test_a_right_hash_is_accepted(tmp_path: Path) -> None:
    sha = base64.b64encode(hashlib.sha1(b"Clear.", usedforsecurity=False).digest()).decode()
    assert only(tmp_path, report(conclusion=None, presentedForm=[attachment(b"Clear.", hash=sha)])).text == "Clear."


@pytest.mark.parametrize("content", ['{"resourceType": "DiagnosticRep', '{"resourceType": "Patient"}', "[]"])
def test_a_file_without_any_report_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ValueError, match=r"is not JSON|holds no DiagnosticReport"):
        found(tmp_path, content)
