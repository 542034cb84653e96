import pytest

from glsmed.site_adapters.text.folding import Folding
from glsmed.site_adapters.text.spelling import Spelling

GERMAN = {"ae": "a", "oe": "o", "ue": "u"}


@pytest.mark.parametrize(("token", "word"), [("erguesse", "ergusse"), ("oedem", "odem"), ("neue", "neu"), ("ab", "ab")])
def test_other_spellings_become_one(token: str, word: str) -> None:
    assert Spelling(GERMAN, Folding(accents=True)).rewritten([token, token]) == [word, word]


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("oberlappenatelektase", "atelektase"),
        ("randwinkelerguss", "winkelerguss"),
        ("pleuraerguss", "erguss"),
        ("perikarderguss", "perikarderguss"),
        ("aberguss", "aberguss"),
        ("ergussbildung", "ergussbildung"),
        ("erguss", "erguss"),
    ],
)
def test_an_unknown_word_is_the_longest_head_that_it_ends_in(token: str, word: str) -> None:
    spelling = Spelling({}, Folding(accents=True))
    spelling.learn_heads(["erguss", "winkelerguss", "atelektase", "herz"], known={"perikarderguss", "erguss"})
    assert spelling.rewritten([token]) == [word]


def test_a_short_head_is_no_head() -> None:
    spelling = Spelling({}, Folding(accents=True))
    spelling.learn_heads(["herz"], known=())
    assert spelling.rewritten(["sportherz"]) == ["sportherz"]
