import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glsmed.site_adapters.inputs.tables.records import Broken, Record, lines_of, parse_records


def parsed(text: str, separator: str = ",") -> list[Record | Broken]:
    return list(parse_records(lines_of(text), separator))


def broken(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in parsed(text) if isinstance(one, Broken)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_record_has_the_line_where_it_begins(end: str) -> None:
    text = f'a,b{end}"one{end}two",1{end}c,d{end}'
    assert [record.line for record in parsed(text)] == [1, 2, 4]


def test_a_quote_that_never_closes_costs_its_own_line_alone() -> None:
    text = 'a,b\n1,x\n2,"open\n3,y\n4,z\n'
    (fault,) = broken(text)
    assert fault[0] == 3
    assert "never closes" in fault[1]
    assert [record.cells for record in parsed(text) if isinstance(record, Record)] == [
        ["a", "b"],
        ["1", "x"],
        ["3", "y"],
        ["4", "z"],
    ]


def test_a_quote_that_another_row_closes_is_named_where_it_opens() -> None:
    (fault,) = broken('a,b\n1,"open\n2,y\n3,"z"\n4,"w"\n')
    assert fault[0] == 2
    assert "a quote opens here and closes in line 4 before 'z', expected ','" in fault[1]


def test_a_quote_opens_where_its_cell_begins_not_where_the_record_does() -> None:
    assert broken('a,b\n"one\ntwo","open\n3,y\n')[0][0] == 3


def test_quotes_that_were_not_doubled_are_named() -> None:
    ((line, message),) = broken('a,b\n1,"Impression" is normal\n2,y\n')
    assert line == 2
    assert "closes in the same line before ' '" in message


def test_a_cell_that_is_too_long_is_taken_for_an_open_quote() -> None:
    ((line, message),) = broken('a,b\n1,"' + "x" * 200_000 + '"\n')
    assert line == 2
    assert "was a quote left open?" in message


def test_very_many_broken_quotes_end_the_reading() -> None:
    found = broken('1,"a"b\n' * 100)
    assert len(found) == 21
    assert "the rest of the file was not read" in found[-1][1]


def test_a_space_before_a_quote_does_not_hide_it() -> None:
    assert parsed('1, "a, b"\n')[0].cells == ["1", "a, b"]  # type: ignore[union-attr]  # it is no Broken


@given(st.lists(st.lists(st.text(alphabet='ab ,;"\n\r\t', max_size=5), min_size=2, max_size=3), max_size=5))
def test_what_the_standard_library_writes_is_read_back(rows: list[list[str]]) -> None:
    import io

    target = io.StringIO(newline="")
    csv.writer(target, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [record.cells for record in parsed(target.getvalue()) if isinstance(record, Record)] == rows
