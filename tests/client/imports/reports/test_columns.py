from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from glsmed.client.imports.report_record import FoundReports
from glsmed.client.imports.reports.columns import parse_columns, reports_in_table
from glsmed.shared.errors import UsageError


def found(folder: Path, content: str, *options: str, encoding: str = "utf-8", name: str = "ris.csv") -> FoundReports:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return reports_in_table(path, parse_columns(options))


def workbook(folder: Path, *rows: Sequence[object], formats: Sequence[str] = ()) -> FoundReports:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for column, shown_as in enumerate(formats, 1):
        sheet.cell(2, column).number_format = shown_as
    book.save(folder / "ris.xlsx")
    return reports_in_table(folder / "ris.xlsx", {})


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Accession Number,Patient ID,Report\nA7,P7,Small effusion.\n", "utf-8"),
        ("accession;mrn;text\nA7;P7;Small effusion.\n", "utf-8-sig"),
        ("sep=;\nAccessionNumber;PatientID;Report Text\nA7;P7;Small effusion.\n", "utf-16"),
        ("Auftragsnummer\tPatientennummer\tBefund\nA7\tP7\tSmall effusion.\n", "utf-8"),
        ("Número de acceso,ID Paciente,Informe\nA7,P7,Small effusion.\n", "latin-1"),
        ("検査番号,患者ID,レポート\nA7,P7,Small effusion.\n", "cp932"),
    ],
)
def test_columns_are_known_by_the_names_that_hospitals_give(tmp_path: Path, content: str, encoding: str) -> None:
    (record,) = found(tmp_path, content, encoding=encoding).records
    assert (record.accession_number, record.patient_id, record.text) == ("A7", "P7", "Small effusion.")


def test_the_command_line_says_which_column_is_what(tmp_path: Path) -> None:
    (record,) = found(
        tmp_path, "a,b,c\nA7,Clear.,2026-01-08\n", "accession_number=a", "text=b", "examined_at=c"
    ).records
    assert (record.accession_number, record.text) == ("A7", "Clear.")
    assert record.examined_at == datetime(2026, 1, 8)  # noqa: DTZ001  # the hospital's clock


def test_findings_and_impression_in_columns_of_their_own_become_sections(tmp_path: Path) -> None:
    (record,) = found(tmp_path, "Accession,Impression,Findings\nA7,Pneumonia.,Opacity.\n").records
    assert record.text == "Findings:\nOpacity.\nImpression:\nPneumonia."


def test_a_report_of_several_lines_keeps_them(tmp_path: Path) -> None:
    (record,) = found(tmp_path, 'Accession,Report\nA7,"Clear lungs.\nHeart, normal."\n').records
    assert record.text == "Clear lungs.\nHeart, normal."


def test_markup_in_a_cell_is_read_away(tmp_path: Path) -> None:
    (record,) = found(tmp_path, "Accession,Report\nA7,<p>No&nbsp;effusion.</p>\n").records
    assert (record.text, record.format) == ("No effusion.", "html")


def test_states_and_dates_are_read(tmp_path: Path) -> None:
    table = "Accession,Report,Status,Befunddatum\nA1,x,Freigegeben,08.01.2026 10:15\nA2,y,仮報告,2026/1/8\n"
    first, second = found(tmp_path, table).records
    assert (first.status, second.status) == ("final", "preliminary")
    assert first.reported_at == datetime(2026, 1, 8, 10, 15)  # noqa: DTZ001  # the hospital's clock


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",Clear.,", "no accession number, study UID or patient"),
        ("A7,,", "no report text"),
        ("1.23E+13,Clear.,", "as a spreadsheet rounds it"),
        ("#N/A,Clear.,", "lost value"),
        ("A7,Clear.,yesterday", "expected a date"),
        ("A7,Neumon\ufffda,", "lost characters"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_count(tmp_path: Path, row: str, words: str) -> None:
    reports = found(tmp_path, f"Accession,Report,Exam Date\nA1,Clear.,2026-01-08\n{row}\n")
    assert [record.accession_number for record in reports.records] == ["A1"]
    assert (reports.left_out[0].source, words in reports.left_out[0].reason) == (f"{tmp_path / 'ris.csv'}:3", True)


def test_a_date_that_may_be_two_matters_only_where_the_patient_joins(tmp_path: Path) -> None:
    table = "Accession,MRN,Report,Exam Date\nA7,P7,Clear.,03/04/2026\n,P8,Nodule.,03/04/2026\n"
    reports = found(tmp_path, table)
    (record,) = reports.records
    assert (record.accession_number, record.examined_at) == ("A7", None)
    assert "its date is not used, since '03/04/2026' may be two dates" in record.mended
    assert "may be two dates" in reports.left_out[0].reason


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("a,b\nA7,Clear.\n", (), "no column of reports"),
        ("a,Report\nA7,Clear.\n", (), "no column to join by"),
        ("Accession,Report,Narrative\nA7,x,y\n", (), "several columns that could be text"),
        ("Accession,Report\nA7,x\n", ("text=Reprot",), "did you mean 'Report'"),
        ("Accession,Report\n", (), "no rows"),
        ("", (), "is empty"),
        ("Accession,Report\n0012,x\n0013,x\n14,x\n", (), "zeros were lost"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    tmp_path: Path, content: str, options: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        found(tmp_path, content, *options)


def test_an_open_quote_is_named_and_swallows_nothing(tmp_path: Path) -> None:
    reports = found(tmp_path, 'Accession,Report\nA1,"Clear.\nA2,No effusion.\nA3,Normal.\n')
    assert [record.accession_number for record in reports.records] == ["A2", "A3"]
    assert "never closes" in reports.left_out[0].reason


def test_numbers_of_a_workbook_are_as_its_sheet_shows_them(tmp_path: Path) -> None:
    (record,) = workbook(tmp_path, ["Accession", "MRN", "Report"], [12, 4711.0, "Clear."], formats=["000000"]).records
    assert (record.accession_number, record.patient_id) == ("000012", "4711")


def test_dates_and_line_ends_of_a_workbook_are_read(tmp_path: Path) -> None:
    day = datetime(2026, 1, 8, 10, 15)  # noqa: DTZ001  # Excel has no time zones
    (record,) = workbook(tmp_path, ["Accession", "Report", "Exam Date"], ["A7", "one_x000D_\ntwo", day]).records
    assert (record.examined_at, record.text) == (day, "one\ntwo")


def test_a_number_that_excel_has_rounded_is_named(tmp_path: Path) -> None:
    reports = workbook(tmp_path, ["Accession", "Report"], [12345678901234567, "Clear."])
    assert "as a spreadsheet rounds it" in reports.left_out[0].reason


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no Excel workbook"):
        found(tmp_path, "Accession,Report\n", name="ris.xlsx")


@pytest.mark.parametrize(("option", "words"), [("text", "FIELD=NAME"), ("txet=Befund", "did you mean 'text'")])
def test_a_wrong_option_is_refused(option: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_columns([option])
