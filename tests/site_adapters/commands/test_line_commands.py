import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from glsmed.shared.errors import GlsmedError, UsageError
from glsmed.site_adapters.commands.line_commands import CHUNK_LINES, Outcome, Work, answer_lines, run
from glsmed.site_adapters.commands.report_answers import extract_answer
from glsmed.site_adapters.reading.reader import Reader

TEXT = "Small effusion cannot be excluded."


def _line(report_id: object, text: str) -> bytes:
    return json.dumps({"id": report_id, "text": text}).encode()


def _run(reader: Reader, lines: Sequence[bytes], workers: int = 1) -> list[Outcome]:
    return list(run(Work(Reader(reader.adapter), extract_answer), lines, workers=workers))


def _answers(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    return [json.loads(answer) for outcome in outcomes for answer in outcome.answers]


def test_an_id_is_written_as_json(english: Reader) -> None:
    assert [answer["id"] for answer in _answers(_run(english, [_line('a"\n\\é', "")]))] == ['a"\n\\é']


def test_a_broken_line_is_named_by_number_and_the_rest_goes_on(english: Reader) -> None:
    (outcome,) = _run(english, [_line(1, TEXT), b"\n", b"broken", _line(4, TEXT), b'{"id": 5}'])
    assert [number for number, _ in outcome.broken] == [3, 5]
    assert [answer["id"] for answer in _answers([outcome])] == ["1", "4"]


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_keep_the_order_of_the_reports(english: Reader, workers: int) -> None:
    lines = [_line(number, TEXT) for number in range(2 * CHUNK_LINES + 3)]
    outcomes = _run(english, lines, workers=workers)
    assert [answer["id"] for answer in _answers(outcomes)] == [str(number) for number in range(len(lines))]


def test_workers_say_what_one_process_says(english: Reader) -> None:
    lines = [_line(1, TEXT), b"broken", _line(3, "No pneumothorax. Zork.")]
    assert _run(english, lines, workers=2) == _run(english, lines, workers=1)


def test_new_sentences_and_those_without_a_known_word_are_counted(english: Reader) -> None:
    (outcome,) = _run(english, [_line(1, "No effusion. Das Herz schlägt."), _line(2, "No effusion.")])
    assert outcome.sentences == (2, 1, 1)


@pytest.mark.parametrize("workers", [0, -1])
def test_no_worker_is_a_wrong_use(english: Reader, workers: int) -> None:
    with pytest.raises(UsageError, match="expected at least 1, got"):
        _run(english, [], workers=workers)


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
