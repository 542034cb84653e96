import re
from pathlib import Path

import pytest

from glsmed.client.imports.reports.sources import ReportNames, reports_among, reports_from
from glsmed.shared.errors import DataError, UsageError

HL7 = "MSH|^~\\&|RIS|H|P|H|2026||ORU^R01|1|P|2.5\rOBR|1||A7\rOBX|1|TX|1^Report||From HL7.||||||F\r"
FHIR = '{"resourceType": "DiagnosticReport", "status": "final", "conclusion": "From FHIR."}'


def test_each_file_is_read_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "A1.txt").write_text("Plain.")
    (tmp_path / "a" / "A2.html").write_text("<p>Page.</p>")
    (tmp_path / "b.dat").write_text(HL7)
    (tmp_path / "c.json").write_text(FHIR)
    (tmp_path / "d.csv").write_text("Accession,Report\nA9,From a table.\n")
    (tmp_path / ".DS_Store").write_text("x")
    found = reports_from([tmp_path], ReportNames())
    texts = [record.text for record in found.records]
    assert texts == ["From HL7.", "From FHIR.", "From a table.", "Plain.", "Page."]
    assert found.left_out == []


def test_the_name_of_a_text_file_is_its_accession_number_or_study_uid(tmp_path: Path) -> None:
    (tmp_path / "A.7.txt").write_text("One.")
    (tmp_path / "1.2.840.99.7.txt").write_text("Two.")
    (tmp_path / "1.2.840.99.8").write_text("Three.")
    records = reports_from([tmp_path], ReportNames()).records
    assert {(record.accession_number, record.study_uid) for record in records} == {
        ("A.7", ""),
        ("", "1.2.840.99.7"),
        ("", "1.2.840.99.8"),
    }


def test_a_pattern_says_what_a_path_means(tmp_path: Path) -> None:
    (tmp_path / "P7_20260108.txt").write_text("Clear.")
    (tmp_path / "other.txt").write_text("Clear.")
    names = ReportNames(files=re.compile(r"(?P<patient_id>P\d+)_(?P<examined_at>\d{8})"))
    found = reports_from([tmp_path], names)
    assert [(record.patient_id, str(record.examined_at)) for record in found.records] == [("P7", "2026-01-08 00:00:00")]
    assert "does not fit" in found.left_out[0].reason


def test_a_pattern_without_a_known_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected named groups"):
        reports_from([tmp_path], ReportNames(files=re.compile("(?P<accession>.*)")))


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b"%PDF-1.4", "is a PDF"), (b" \n", "holds no text")]
)
def test_what_cannot_be_read_is_left_out_of_a_folder_and_refused_where_it_is_named(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "A7.txt"
    path.write_bytes(content)
    assert words in reports_from([tmp_path], ReportNames()).left_out[0].reason
    with pytest.raises(DataError, match=words):
        reports_from([path], ReportNames())


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        reports_from([tmp_path / "none.csv"], ReportNames())


def test_a_text_far_too_long_for_a_report_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "A7.txt").write_text("long " * 30_000)
    assert "has 149999 characters" in reports_from([tmp_path], ReportNames()).left_out[0].reason


def test_among_other_files_only_structured_reports_are_read(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no report")
    assert reports_among([tmp_path / "notes.txt", tmp_path / "missing.dcm"]).records == []
