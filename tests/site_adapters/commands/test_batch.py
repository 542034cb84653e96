import json
from collections.abc import Sequence

import pytest

from glsmed.shared.errors import UsageError
from glsmed.site_adapters.commands.batch import CHUNK_LINES, Answer, Outcome, Work, cues_answer, extract_answer, run
from glsmed.site_adapters.reading.reader import Reader

TEXT = "Small effusion cannot be excluded."


def _line(report_id: object, text: str) -> bytes:
    return json.dumps({"id": report_id, "text": text}).encode()


def _run(reader: Reader, lines: Sequence[bytes], answer: Answer = extract_answer, workers: int = 1) -> list[Outcome]:
    return list(run(Work(Reader(reader.adapter), answer), lines, workers=workers))


def _answers(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    return [json.loads(answer) for outcome in outcomes for answer in outcome.answers]


def test_extract_tells_every_key_of_the_contract(english: Reader) -> None:
    (answer,) = _answers(_run(english, [_line("7", TEXT)]))
    prior = english.adapter.cues["cannot_exclude"].prior
    assert prior is not None
    assert answer == {
        "id": "7",
        "adapter": english.adapter.label,
        "findings": {
            "effusion": {
                "state": "uncertain",
                "probability": round(prior.mean, 4),
                "spread": round(prior.spread, 4),
                "cue": "cannot_exclude",
                "section": "body",
                "evidence": [{"start": 6, "end": 14, "role": "mention"}, {"start": 15, "end": 33, "role": "cue"}],
            }
        },
    }


def test_cues_tells_every_key_of_the_contract(english: Reader) -> None:
    (answer,) = _answers(_run(english, [_line(7, TEXT)], cues_answer))
    prior = english.adapter.cues["cannot_exclude"].prior
    assert prior is not None
    cue = {"start": 15, "end": 33, "kind": "uncertainty", "cue": "cannot_exclude", "probability": prior.mean}
    assert answer == {"id": "7", "cues": [{**cue, "scope": [0, 33]}]}


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
    assert outcome.sentences == (2, 1)


@pytest.mark.parametrize("workers", [0, -1])
def test_no_worker_is_a_wrong_use(english: Reader, workers: int) -> None:
    with pytest.raises(UsageError, match="at least one is needed"):
        _run(english, [], workers=workers)
