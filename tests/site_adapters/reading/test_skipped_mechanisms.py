"""What a sentence does not need is skipped: the result is the same as if nothing were."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from glsmed.benchmarks.language.wording.wording_score import read_checks
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.reading_room.writers import write_report
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.phrasing import clauses, composed
from glsmed.site_adapters.reading import assertions, comma_scope, reader
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.reading.statements import Statement
from glsmed.site_adapters.text import forms
from glsmed.site_adapters.text.mending import Mending

ALL_TRAITS = -1
DRAWN = 20


def _drawn(seed: int) -> str:
    rng = np.random.default_rng(seed)
    language = HOSPITALS[0].language
    return write_report({name: str(rng.choice(list(language.sentences))) for name in language.names}, language, rng)


TEXTS = {name: [check.text for check in read_checks() if name.startswith(check.language)] for name in built_in_names()}
TEXTS["en_radiology"] += [_drawn(seed) for seed in range(DRAWN)]


def _said(read: Reader, texts: Sequence[str]) -> list[list[Statement]]:
    return [list(read.statements(text)) for text in texts]


@pytest.mark.parametrize("name", built_in_names())
def test_a_mechanism_without_its_words_would_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = load_adapter(name)
    skipping = _said(Reader(adapter), TEXTS[name])
    for module in (assertions, clauses, comma_scope, composed, reader):
        monkeypatch.setattr(module, "traits_in", lambda _: ALL_TRAITS)
    monkeypatch.setattr(forms, "_CIRCLE", re.compile(""))
    monkeypatch.setattr(forms, "_BOX_OPENING", re.compile(""))
    monkeypatch.setattr(Lexicon, "may_name", lambda *_: True)
    monkeypatch.setattr(Mending, "_may_be_misheard", lambda *_: True)
    assert _said(Reader(adapter), TEXTS[name]) == skipping


def test_what_is_remembered_is_what_was_read() -> None:
    remembering = Reader(load_adapter("en_radiology"))
    texts = TEXTS["en_radiology"]
    first = _said(remembering, texts)
    assert _said(remembering, texts) == first
    assert _said(Reader(remembering.adapter), texts[::-1]) == first[::-1]
