from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.csv_files import read_csv


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_come_with_their_lines_and_without_space_around_values(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n 1 ,2\n3,4\n")
    assert list(read_csv(path, required=["a", "b"])) == [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]


def test_a_quoted_value_keeps_its_line_break(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\n"one\ntwo",2\n')
    assert [row["a"] for _, row in read_csv(path, required=["a", "b"])] == ["one\ntwo"]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert list(read_csv(written(tmp_path, b"\xef\xbb\xbfa\n1\n"), required=["a"])) == [(2, {"a": "1"})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n\xff,1\n", "save it as UTF-8"),
        (b"a,b\n", ":1: has no rows"),
        (b"a\n1\n", ":1: column 'b' is missing"),
        (b"a,bb\n1,2\n", "is it 'bb' here?"),
        (b"a,b\n1,2\n1,2,3\n", ":3: has more values than the 2 columns"),
        (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', "more than 131072: was a quote left open?"),
    ],
)
def test_what_is_no_such_table_is_refused_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        list(read_csv(written(tmp_path, content), required=["a", "b"]))
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.csv: cannot be read"):
        list(read_csv(tmp_path / "none.csv", required=["a"]))
