"""Which phrases the inflected forms of a word belong to."""

import pytest

from glsmed.site_adapters.text.phrases import PhraseIndex

SPANISH = [("", "s"), ("o", "a"), ("o", "as")]


@pytest.mark.parametrize("word", ["dudoso", "dudosa", "dudosas"])
def test_a_form_that_another_phrase_spells_out_still_belongs_to_its_word(word: str) -> None:
    index: PhraseIndex[str] = PhraseIndex(SPANISH)
    index.learn_words(["dudoso", "imagen", "dudosa"])
    index.add(["dudoso"], "doubt")
    index.add(["imagen", "dudosa"], "image")
    assert index.get([word]) == "doubt"
    assert index.get(["imagen", word]) == "image"
