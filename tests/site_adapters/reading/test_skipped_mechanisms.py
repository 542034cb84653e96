"""What a sentence does not need is skipped: the result is the same as if nothing were."""

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glsmed.benchmarks.language.wording.wording_score import read_checks
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.reading_room.writers import write_report
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.phrasing import clauses, composed
from glsmed.site_adapters.reading import assertions, comma_scope, reader, scopes
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.text import forms
from glsmed.site_adapters.text.mending import Mending
from glsmed.site_adapters.text.phrases import PhraseIndex, tokens_of
from glsmed.site_adapters.text.word_lists import WordLists

ALL_TRAITS = -1
DRAWN = 20


def _drawn(seed: int) -> str:
    rng = np.random.default_rng(seed)
    language = HOSPITALS[0].language
    return write_report({name: str(rng.choice(list(language.sentences))) for name in language.names}, language, rng)


TEXTS = {
    name: [check.text for check in read_checks() if name.startswith(check.language)] for name in built_in_names()
}
TEXTS["en_radiology"] += [_drawn(seed) for seed in range(DRAWN)]


def _said(read: Reader, texts: Sequence[str]) -> list[object]:
    return [(read.read(text), list(read.statements(text)), list(read.marks(text)), read.mends(text)) for text in texts]


@pytest.mark.parametrize("name", built_in_names())
def test_a_mechanism_without_its_words_would_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = load_adapter(name)
    skipping = _said(Reader(adapter), TEXTS[name])
    for module in (assertions, clauses, comma_scope, composed, reader, scopes):
        monkeypatch.setattr(module, "traits_in", lambda _: ALL_TRAITS)
    monkeypatch.setattr(forms, "_CIRCLE", re.compile(""))
    monkeypatch.setattr(forms, "_BOX_OPENING", re.compile(""))
    monkeypatch.setattr(Mending, "_may_be_misheard", lambda *_: True)
    assert _said(Reader(adapter), TEXTS[name]) == skipping


def test_what_is_remembered_is_what_was_read() -> None:
    remembering = Reader(load_adapter("en_radiology"))
    texts = TEXTS["en_radiology"]
    first = _said(remembering, texts)
    assert _said(remembering, texts) == first
    assert _said(Reader(remembering.adapter), texts[::-1]) == first[::-1]


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_have_the_same_tokens_beside_others(text: str) -> None:
    assert [*tokens_of(text, "words"), "é"] == tokens_of(f"{text} é", "words")


@given(st.lists(st.sampled_from(("a", "b", "c", "d", "e")), max_size=12))
def test_lists_are_those_of_the_phrases_that_are_found(tokens: list[str]) -> None:
    index: PhraseIndex[int] = PhraseIndex()
    for own, phrase in enumerate(("a", "a b", "b c", "c", "a b c d")):
        index.add(phrase.split(), 1 << own)
    expected = [index.get([token]) or 0 for token in tokens]
    for start, end, own in index.find(tokens):
        for place in range(start, end):
            expected[place] |= own
    assert WordLists(index).of(tokens) == expected
