from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError, UsageError
from glsmed.site_adapters.inputs.report_files import read_reports


def written(folder: Path, *lines: str) -> Path:
    path = folder / "r.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_texts_come_by_id_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "b", "text": "one"}', "", '{"id": 7, "text": "two"}')
    assert list(read_reports(path).items()) == [("b", "one"), ("7", "two")]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"id": "a", "text": "x"}', "{"], "r.jsonl:2: is not JSON"),
        (
            ['{"id": "a", "text": "x"}', '{"id": "a", "text": "y"}'],
            "r.jsonl:2: id: the report 'a' is already",
        ),
        ([""], "r.jsonl:1: has no reports"),
    ],
)
def test_what_is_broken_is_named_with_its_line(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_reports(written(tmp_path, *lines))
    assert message in str(caught.value)


def test_a_missing_file_is_a_wrong_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_reports(tmp_path / "none.jsonl")
