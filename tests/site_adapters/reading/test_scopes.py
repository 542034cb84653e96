"""Which cue decides which mention, in a small language of one-letter findings."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

Writer = Callable[..., Path]

ADAPTER = """\
adapter: letters
language: en
grammar: {script: words, conjunctions: [and], alternatives: [or]}
section_weights: {body: 1}
findings:
  fa: {terms: [fa]}
  fb: {terms: [fb]}
  fc: {terms: [fc]}
cues:
  - {id: affirmed, kind: affirmation}
  - {id: negated, kind: negation, scope: forward, phrases: ["no"]}
  - {id: unseen, kind: negation, scope: backward, phrases: [unseen]}
  - {id: maybe, kind: uncertainty, scope: both, certainty: 0.4, phrases: [maybe]}
  - {id: perhaps, kind: uncertainty, scope: forward, certainty: 0.3, phrases: [perhaps]}
  - {id: surely, kind: uncertainty, scope: forward, certainty: 0.8, phrases: [probably]}
  - {id: near, kind: uncertainty, scope: forward, certainty: 0.2, reach: 2, phrases: [near]}
  - {id: versus, kind: differential, scope: both, certainty: 0.6, phrases: [versus]}
  - {id: ddx, kind: differential, scope: forward, certainty: 0.3, phrases: [differential]}
  - {id: gone, kind: resolved, scope: backward, phrases: [gone]}
  - {id: past, kind: historical, scope: forward, phrases: [past]}
  - {id: iff, kind: conditional, scope: forward, phrases: [if]}
  - {id: stop, kind: terminator, scope: both, phrases: [but]}
  - {id: seen, kind: terminator, scope: forward, phrases: [seen]}
  - {id: swallow, kind: pseudo, phrases: [no matter]}
"""


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("letters") / "letters.yaml"
    path.write_text(ADAPTER, encoding="utf-8")
    return Reader(load_adapter(path))


@cache
def _expected(said: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in said.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # forward: through a list, up to a terminator or the next cue
        ("fa", "fa=affirmed"),
        ("no fa", "fa=negated"),
        ("no fa, fb and fc", "fa=negated fb=negated fc=negated"),
        ("no fa but fb", "fa=negated fb=affirmed"),
        ("no fa seen fb", "fa=negated fb=affirmed"),
        ("no fa, perhaps fb", "fa=negated fb=perhaps"),
        ("perhaps fa, no fb", "fa=perhaps fb=negated"),
        ("fa no fb", "fa=affirmed fb=negated"),
        ("no matter fa", "fa=affirmed"),
        # backward: the nearest mention and the list that it ends
        ("fa unseen", "fa=unseen"),
        ("fa and fb unseen", "fa=unseen fb=unseen"),
        ("fa, fb and fc unseen", "fa=unseen fb=unseen fc=unseen"),
        ("fa fb unseen", "fa=affirmed fb=unseen"),
        ("fa but fb unseen", "fa=affirmed fb=unseen"),
        ("fa unseen fb", "fa=unseen fb=affirmed"),
        # both ways: the nearer mention, or away from the end
        ("fa maybe", "fa=maybe"),
        ("maybe fa", "fa=maybe"),
        ("fa, maybe fb", "fa=affirmed fb=maybe"),
        ("fa maybe x x fb", "fa=maybe fb=affirmed"),
        ("fa x x maybe fb", "fa=affirmed fb=maybe"),
        ("fa x but maybe x x fb", "fa=affirmed fb=maybe"),
        ("fa versus fb", "fa=versus fb=versus"),
        # reach
        ("near x fa", "fa=near"),
        ("near x x fa", "fa=near"),
        ("near x x x fa", "fa=affirmed"),
        # several cues on one mention
        ("perhaps no fa", "fa=perhaps+negated"),
        ("probably no fa", "fa=surely+negated"),
        ("no fa maybe", "fa=negated"),
        ("no fa, fb maybe", "fa=negated fb=maybe"),
        ("probably near fa", "fa=near"),
        ("no fa gone", "fa=gone"),
        ("past fa gone", "fa=gone"),
        ("perhaps past fa", "fa=past"),
        ("if no fa", "fa=iff"),
        # answers and concessions
        ("fa: no", "fa=negated"),
        ("fa, perhaps", "fa=perhaps"),
        ("fa x x no", "fa=affirmed"),
        ("no fa but x maybe", "fa=maybe"),
        ("no fa, fb but x maybe", "fa=negated fb=maybe"),
        ("no fa but x unseen", "fa=negated"),
        ("no fa but maybe x", "fa=negated"),
    ],
)
def test_the_cue_that_decides(letters: Reader, text: str, said: str) -> None:
    decided = {one.assertion.finding: one.assertion.cue for one in letters.statements(text)}
    assert decided == _expected(said)


@pytest.mark.parametrize(
    ("text", "probability", "state"),
    [
        ("probably no fa", 0.2, "absent"),
        ("perhaps no fa", 0.3, "uncertain"),
        ("fa versus fb", 0.6, "uncertain"),
        ("fa versus fb versus fc", 0.4, "uncertain"),
        ("fa versus fb or fc", 0.4, "uncertain"),
        ("perhaps fa or fb or fc", 0.3, "uncertain"),
        ("differential fa, fb", 0.3, "uncertain"),
        ("differential fa, fb, fc", 0.2, "uncertain"),
        ("differential fa and fb and fc but fb", 0.2, "uncertain"),
        ("probably near fa", 0.2, "uncertain"),
        ("no fa", 0.02, "absent"),
        ("fa gone", 0.02, "absent"),
        ("fa", 0.9, "present"),
    ],
)
def test_the_probability_that_is_left(letters: Reader, text: str, probability: float, state: str) -> None:
    cell = letters.read(text).cells["fa"]
    assert cell.probability == pytest.approx(probability)
    assert cell.state == state


@pytest.mark.parametrize("text", ["past fa", "if fa", "if no fa"])
def test_past_and_condition_are_no_evidence(letters: Reader, text: str) -> None:
    assert letters.read(text).cells == {}
    (statement,) = letters.statements(text)
    assert statement.assertion.prior is None
