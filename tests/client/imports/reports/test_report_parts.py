import pytest

from glsmed.client.imports.reports.report_parts import Part, heading, is_no_report_text, joined_parts


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("18785-6", "Radiology Reason for study"),
        ("X", "Reason for exam"),
        ("CLINICAL_HISTORY", ""),
        ("H", "Clinical history"),
        ("", "Indikation"),
        ("", "Motivo de consulta"),
        ("", "検査目的"),
        ("121109", "Indications for Procedure"),
        ("113014", "DICOM Study"),
    ],
)
def test_what_was_asked_is_no_report(code: str, name: str) -> None:
    assert is_no_report_text(code, name)


@pytest.mark.parametrize(
    ("code", "name"), [("71046", "Chest 2 views"), ("59776-5", "Findings"), ("", "所見"), ("", "Beurteilung"), ("", "")]
)
def test_what_was_read_is_report(code: str, name: str) -> None:
    assert not is_no_report_text(code, name)


@pytest.mark.parametrize(
    ("code", "name", "title"),
    [
        ("19005-8", "whatever", "Impression"),
        ("", "Radiology Findings", "Findings"),
        ("", "Nachtrag", "Addendum"),
        ("", "所見", "所見"),
        ("71046", "Chest 2 views", ""),
    ],
)
def test_headings_of_sections(code: str, name: str, title: str) -> None:
    assert heading(code, name) == title


def test_a_single_section_and_one_with_its_own_heading_get_none() -> None:
    assert joined_parts([Part("Clear.", title="Findings"), Part("Normal.", title="Findings")]) == "Clear.\nNormal."
    parts = [Part("FINDINGS: Clear.", title="Findings"), Part("Normal.", title="Impression")]
    assert joined_parts(parts) == "FINDINGS: Clear.\nImpression:\nNormal."
