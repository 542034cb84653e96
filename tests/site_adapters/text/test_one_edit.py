import pytest

from glsmed.site_adapters.text.one_edit import OneEdit

KNOWN = OneEdit(["effusion", "infusion", "nodules"], shortest=7)


@pytest.mark.parametrize("word", ["effuson", "efffusion", "effusiom", "effuison"])
def test_one_letter_less_more_other_or_two_that_changed_places_are_near(word: str) -> None:
    assert KNOWN.near(word) == {"effusion"}


@pytest.mark.parametrize("word", ["effusion", "diffusion", "efusoin", "nodule"])
def test_the_word_itself_two_edits_and_short_words_are_near_nothing(word: str) -> None:
    assert KNOWN.near(word) == set()


def test_only_one_near_word_counts() -> None:
    assert KNOWN.only("effuson") == "effusion"
    assert OneEdit(["abcdefg", "abcdefh"], shortest=7).only("abcdefi") is None
