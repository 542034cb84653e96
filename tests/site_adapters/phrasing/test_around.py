from glsmed.site_adapters.adapter.lexicon import Lexicon, lists
from glsmed.site_adapters.phrasing.around import Around
from tests.site_adapters.conftest import built_in_reader

LEXICON = Lexicon(built_in_reader("en_radiology").adapter)
VERBS, LEFT, RIGHT = lists("verbs"), lists("left"), lists("right")


def around(sentence: str) -> Around:
    return Around(LEXICON.read(sentence), LEXICON.phrasing)


def test_lists_are_told_for_each_token_and_none_outside_the_sentence() -> None:
    words = around("the effusion is left")
    assert [bool(words.at(place) & VERBS) for place in range(-1, 5)] == [False, False, False, True, False, False]
    assert words.has(LEFT)
    assert not words.has(RIGHT)


def test_the_first_and_last_place_of_a_list_in_a_stretch() -> None:
    words = around("left effusion and left nodule")
    assert (words.first(0, 5, LEFT), words.first(1, 5, LEFT), words.last(0, 5, LEFT)) == (0, 3, 3)
    assert words.first(1, 3, LEFT) is None
    assert not words.any(1, 3, LEFT)


def test_content_leaves_out_signs_numbers_and_the_words_of_lists() -> None:
    words = around("is 5 , zebra stripes")
    assert [words.tokens[place] for place in words.content(0, 5, VERBS)] == ["zebra", "stripes"]
