import io
import sys
from pathlib import Path

import pytest

from glsmed.shared.errors import DataError, UsageError
from glsmed.site_adapters.inputs.jsonl import Report, open_lines, open_output, parse_report


@pytest.mark.parametrize(
    ("line", "report"),
    [
        (b'{"id": "7", "text": "A mass."}', Report("7", "A mass.")),
        (b'{"id": 7, "text": "", "further": [1]}\n', Report("7", "")),
        ('{"id": "é", "text": "胸水"}'.encode(), Report("é", "胸水")),
        (b'{"id": "7", "text": "a\\u0000b"}', Report("7", "a\0b")),
        (b'{"id": "7", "text": "\\ud83d\\ude00"}', Report("7", "\N{GRINNING FACE}")),
        (b'{"id": "7", "text": "<p>No&nbsp;mass.</p>"}', Report("7", "No mass.")),
        (b'{"id": "7", "text": "\\u001b$B6;?e\\u001b(B"}', Report("7", "胸水")),
    ],
)
def test_a_line_is_a_report(line: bytes, report: Report) -> None:
    assert parse_report(line) == report


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is not an object"),
        (b"\xff\xfe", "is not"),
        ('{"id": "señal", "text": ""}'.encode("latin-1"), "is not UTF-8"),
        (b'{"text": "a"}', 'has no "id"'),
        (b'{"id": true, "text": "a"}', 'has no "id"'),
        (b'{"id": "7"}', 'has no "text"'),
        (b'{"id": "7", "text": "OBX|1|TX|||A mass."}', "is an HL7 v2 message"),
        (b'{"id": "7", "text": null}', 'has no "text"'),
        (b"[" * 100_000, "is not JSON"),
        (b'{"id": "7", "text": "\\ud83d"}', r"half a character \(\\ud83d\)"),
        (b'{"id": "\\uDE00", "text": ""}', "half a character"),
        (b'{"id": ' + b"9" * 5000 + b', "text": ""}', "is not JSON"),
    ],
)
def test_a_broken_line_says_what_is_wrong(line: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_report(line)


def test_a_missing_file_is_a_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"reports\.jsonl: cannot be read"), open_lines(tmp_path / "reports.jsonl"):
        pass


def test_a_dash_is_the_standard_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    with open_lines(Path("-")) as lines:
        assert list(lines) == [b"a\n", b"b\n"]


def test_an_output_is_there_only_once_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "labels.jsonl"

    def interrupted() -> None:
        with open_output(target) as stream:
            stream.write("half\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
    with open_output(target) as stream:
        stream.write("whole é\n")
    assert target.read_text(encoding="utf-8") == "whole é\n"


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("r.txt", "Opacidad pequeña.".encode("latin-1"), "Opacidad pequeña."),
        ("r.html", b"<p>No&nbsp;mass.</p>", "No mass."),
        ("r.rtf", b"{\\rtf1\\ansi No mass.}", "No mass."),
        ("r.txt", b'\n{"id": "r", "text": "A line."}\n', "A line."),
    ],
)
def test_a_file_of_one_report_is_read_as_one(tmp_path: Path, name: str, raw: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with open_lines(tmp_path / name) as lines:
        assert [parse_report(line) for line in lines if line.strip()] == [Report("r", text)]


def test_a_file_that_is_no_report_is_a_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes(b"%PDF-1.7")
    with pytest.raises(UsageError, match=r"r\.txt is a PDF"), open_lines(tmp_path / "r.txt"):
        pass
