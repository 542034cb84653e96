from hypothesis import given
from hypothesis import strategies as st

from glsmed.site_adapters.text.phrases import PhraseIndex
from glsmed.site_adapters.text.word_lists import WordLists


@given(st.lists(st.sampled_from(("a", "b", "c", "d", "e")), max_size=12))
def test_a_word_is_in_its_own_lists_and_in_those_of_the_phrases_around_it(tokens: list[str]) -> None:
    index: PhraseIndex[int] = PhraseIndex()
    for own, phrase in enumerate(("a", "a b", "b c", "c", "a b c d")):
        index.add(phrase.split(), 1 << own)
    expected = [index.get([token]) or 0 for token in tokens]
    for start, end, own in index.find(tokens):
        for place in range(start, end):
            expected[place] |= own
    assert WordLists(index).of(tokens) == expected
