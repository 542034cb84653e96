from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from glsmed.client.imports.reports.columns import reports_in_table
from glsmed.client.imports.reports.moments import TwoDatesError, day_place, moment


def workbook(folder: Path, *rows: Sequence[object], epoch: str = "") -> Path:
    book = Workbook()
    if epoch:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(folder / "ris.xlsx")
    return folder / "ris.xlsx"


@pytest.mark.parametrize(("epoch", "serial"), [("", 46030), ("1904", 44568)])
def test_a_date_that_is_a_number_counts_from_the_workbooks_own_day(tmp_path: Path, epoch: str, serial: int) -> None:
    path = workbook(tmp_path, ["MRN", "Exam Date", "Report"], ["P1", serial, "Clear."], epoch=epoch)
    (record,) = reports_in_table(path, {}).records
    assert str(record.examined_at) == "2026-01-08 00:00:00"


def test_a_number_in_a_csv_is_no_date(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("MRN,Exam Date,Report\nP1,46030,Clear.\n")
    assert "expected a date" in reports_in_table(tmp_path / "a.csv", {}).left_out[0].reason


def test_the_columns_of_groups_keep_their_own_names_where_these_are_known(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["Patient", None, "Study", None, "Report", None],
        ["ID", "Sex", "Accession", "Date", "Findings", "Impression"],
        ["P1", "F", "A1", "2026-01-08", "Opacity.", "Pneumonia."],
    )
    (record,) = reports_in_table(path, {}).records
    assert (record.patient_id, record.accession_number) == ("P1", "A1")
    assert record.text == "Findings:\nOpacity.\nImpression:\nPneumonia."


def test_a_row_below_the_header_is_no_header_for_one_known_word(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["Accession", "Report"], ["A1", "Report"], ["A2", "Clear."])
    assert [record.text for record in reports_in_table(path, {}).records] == ["Report", "Clear."]


@pytest.mark.parametrize(
    ("column", "place"),
    [
        (["03/04/2026", "31/01/2026"], "first"),
        (["03/04/2026", "01/31/2026"], "second"),
        (["03/04/2026", "05/05/2026"], None),
        (["31/01/2026", "01/31/2026"], None),
        (["", "x"], None),
    ],
)
def test_a_column_shows_where_the_day_stands(column: list[str], place: str | None) -> None:
    assert day_place(column) == place


def test_a_date_that_may_be_two_is_read_as_its_column_shows() -> None:
    assert str(moment("03/04/2026", day="first"))[:10] == "2026-04-03"
    assert str(moment("03/04/2026", day="second"))[:10] == "2026-03-04"
    with pytest.raises(TwoDatesError):
        moment("03/04/2026")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("08-Jan-2026", "2026-01-08 00:00:00"),
        ("8. Januar 2026", "2026-01-08 00:00:00"),
        ("8 de enero de 2026", "2026-01-08 00:00:00"),
        ("Jan 8, 2026 1:05 PM", "2026-01-08 13:05:00"),
        ("1/15/2026 12:30 AM", "2026-01-15 00:30:00"),
        ("１/15/2026", "2026-01-15 00:00:00"),
        ("令和8年1月8日", "2026-01-08 00:00:00"),
        ("R8.1.8 10:15", "2026-01-08 10:15:00"),
        ("令和元年5月1日", "2019-05-01 00:00:00"),
        ("平成30年12月31日", "2018-12-31 00:00:00"),
    ],
)
def test_dates_in_words_and_eras(written: str, meant: str) -> None:
    assert str(moment(written)) == meant


@pytest.mark.parametrize("written", ["13-Xyz-2026", "8 foo 2026", "R8.13.8", "1/15/2026 25:00"])
def test_words_that_are_no_month_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected a date"):
        moment(written)
