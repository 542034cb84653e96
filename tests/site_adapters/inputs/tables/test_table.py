from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.tables.table import Table, read_table


def read(folder: Path, text: str, *, encoding: str = "utf-8") -> Table:
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    return read_table(path, required=["study_id", "value"], optional=["view"])


def places(folder: Path, table: Table) -> list[str]:
    return [str(fault).removeprefix(f"{folder}/t.csv:") for fault in table.faults]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_another_separator_is_told_by_the_header(tmp_path: Path, sign: str) -> None:
    table = read(tmp_path, "study_id,value\n1,2\n".replace(",", sign))
    assert table.rows == [(2, {"study_id": "1", "value": "2"})]
    assert "between its columns" in table.notes[0].message


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_a_line_for_a_spreadsheet_names_the_separator(tmp_path: Path, first: str) -> None:
    table = read(tmp_path, f"{first}\nstudy_id;value\n1;a,b\n")
    assert table.rows == [(3, {"study_id": "1", "value": "a,b"})]


def test_blank_rows_and_trailing_separators_are_tolerated_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path, "study_id,value,,\n1,2,,\n,,,\n3,4\n\n ,\n")
    assert [row["value"] for _, row in table.rows] == ["2", "4"]
    assert (table.faults, [note.message for note in table.notes]) == ([], ["2 blank row(s) left out"])


def test_a_repeated_header_is_a_fault_with_its_line(tmp_path: Path) -> None:
    table = read(tmp_path, "study_id,value\n1,2\nstudy_id,value\n3,4\n")
    assert places(tmp_path, table) == ["3: repeats the header: two tables in one file? take this line away"]


def test_a_nul_is_a_fault_with_its_line(tmp_path: Path) -> None:
    table = read(tmp_path, "study_id,value\n1,2\n3,\0\n5,6\n")
    assert places(tmp_path, table) == [
        "3: holds a NUL character, as do 1 line(s) in all: the file is damaged, export it again"
    ]


def test_a_swallowed_row_is_a_fault_with_the_line_of_the_quote(tmp_path: Path) -> None:
    table = read(tmp_path, 'study_id,value\ns1,a\ns2,"b\ns3,c\ns4,d"\ns5,e\n')
    assert [fault.line for fault in table.faults] == [3]
    assert "2 line(s) that look like rows" in table.faults[0].message
    assert [row["study_id"] for _, row in table.rows] == ["s1", "s5"]


def test_a_row_with_too_many_values_costs_itself_alone(tmp_path: Path) -> None:
    table = read(tmp_path, "study_id,value\n1,a,b\n2,c\n")
    assert places(tmp_path, table) == ["2: has more values than the 2 columns of the header"]
    assert [row["value"] for _, row in table.rows] == ["c"]


@pytest.mark.parametrize("encoding", ["utf-16", "cp932", "iso2022_jp", "utf-8-sig"])
def test_another_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, "study_id,value\n1,胸水を認めない。\n", encoding=encoding)
    assert [row["value"] for _, row in table.rows] == ["胸水を認めない。"]


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no rows"):
        read(tmp_path, "study_id,value\n,\n")


@pytest.mark.parametrize("raw", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_a_workbook_is_named_as_one(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(raw)
    with pytest.raises(ConfigurationError, match=r"Excel workbook.*save the sheet as CSV"):
        read_table(tmp_path / "t.csv", required=["study_id"])
