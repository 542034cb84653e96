from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.tables.header import Header, read_header
from glsmed.site_adapters.inputs.tables.records import Record, lines_of, parse_records

PATH = Path("t.csv")


def header(text: str) -> tuple[Header, int]:
    records = list(parse_records(lines_of(text), ","))
    found, body = read_header(PATH, records, required=["study_id", "value"], optional=["view"])
    return found, sum(isinstance(record, Record) for record in body)


@pytest.mark.parametrize("line", ["study_id,value", "Study ID, VALUE ", "study-id,'value'", "STUDY_ID,Value,,,"])
def test_a_column_is_known_however_it_is_spelled(line: str) -> None:
    found, rows = header(f"\n,,\n{line}\n1,2\n")
    assert (found.names, found.line, rows) == (["study_id", "value"], 3, 1)


def test_further_columns_are_kept_and_named() -> None:
    found, _ = header(",study_id,value,age,veiw\n0,1,2,3,4\n")
    assert found.row(["0", "1", "2", "3", "4"]) == {
        "column 1": "0",
        "study_id": "1",
        "value": "2",
        "age": "3",
        "veiw": "4",
    }
    assert [str(note) for note in found.notes] == [
        "t.csv:1: column(s) without a use here: 'column 1', 'age', 'veiw'; did you mean 'view'?"
    ]


def test_a_short_row_is_blank_at_its_end() -> None:
    assert header("study_id,value\n1\n")[0].row(["1"]) == {"study_id": "1", "value": ""}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study_id,valu\n1,2\n", "t.csv:1: column 'value' is missing; is it 'valu' here?"),
        ("study_id,value,Value\n1,2,3\n", "t.csv:1: column 'value' is there 2 times"),
        ("export of May\n\nstudy_id,value\n1,2\n", "t.csv:3: here are the columns study_id, value: take the lines"),
        ("", "t.csv:1: is empty, expected the columns study_id, value"),
        ('"study_id,value\n1,2\n', "t.csv:1: a quote opens here and never closes"),
    ],
)
def test_what_is_no_such_header_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        header(text)
    assert message in str(caught.value)


def test_a_repeated_header_is_recognised() -> None:
    found, _ = header("study_id,value,\n1,2\n")
    assert found.is_repeated_by(["Study ID", "value", ""])
    assert not found.is_repeated_by(["study_id", "1"])
