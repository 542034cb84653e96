import io
import json
import sys
from pathlib import Path

import pytest

from glsmed.shared.errors import GlsmedError
from glsmed.site_adapters.commands.batch import extract_answer
from glsmed.site_adapters.commands.lines import answer_lines


def _write(path: Path, texts: list[str]) -> Path:
    lines = [json.dumps({"id": number, "text": text}) for number, text in enumerate(texts)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _answer(source: Path, target: Path) -> None:
    answer_lines("en_radiology", extract_answer, source=source, target=target, workers=1)


def test_every_report_has_its_line(tmp_path: Path) -> None:
    source, target = _write(tmp_path / "in.jsonl", ["No effusion.", ""]), tmp_path / "out.jsonl"
    _answer(source, target)
    answers = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [list(answer["findings"]) for answer in answers] == [["effusion"], []]


def test_a_broken_line_is_named_and_fails_the_command_after_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = _write(tmp_path / "in.jsonl", ["No effusion."]), tmp_path / "out.jsonl"
    source.write_text("{\n" + source.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(GlsmedError, match="1 broken line") as caught:
        _answer(source, target)
    assert caught.value.exit_code == 1
    assert f"{source}:1: is not JSON" in capsys.readouterr().err
    assert len(target.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("sentence", "warned"),
    [("Neumotórax izquierdo", True), ("No pneumothorax on view", False)],
)
def test_another_language_is_warned_of_with_its_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sentence: str, warned: bool
) -> None:
    source = _write(tmp_path / "in.jsonl", [f"{sentence} {number}." for number in range(40)])
    _answer(source, tmp_path / "out.jsonl")
    told = capsys.readouterr().err
    assert ("100 % of 40 sentences hold no word that en_radiology@1 knows" in told) is warned


def test_a_broken_line_of_a_stream_is_named_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"broken\n")))
    with pytest.raises(GlsmedError, match="standard input: 1 broken line"):
        _answer(Path("-"), tmp_path / "out.jsonl")
    assert "standard input:1: is not JSON" in capsys.readouterr().err
