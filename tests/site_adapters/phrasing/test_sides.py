"""Statements about one side and the other."""

import pytest

from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.phrasing.sides import side_in
from tests.site_adapters.conftest import built_in_reader

LEXICON = Lexicon(built_in_reader("en_radiology").adapter)


@pytest.mark.parametrize(
    ("words", "side"),
    [
        ("small left effusion", "left"),
        ("rt effusion", "right"),
        ("left and right", "both"),
        ("both", "both"),
        ("a", ""),
    ],
)
def test_the_side_that_words_name(words: str, side: str) -> None:
    tokens = LEXICON.read(words)
    assert side_in(Around(tokens, LEXICON.phrasing), 0, len(tokens)) == side


@pytest.mark.parametrize(
    ("language", "text", "states"),
    [
        ("en", "Effusion on the left, none on the right.", ["present", "absent"]),
        ("de", "Erguss links gering, rechts nicht nachweisbar.", ["present", "absent"]),
        ("de", "Der linke Erguss ist nicht mehr nachweisbar, der rechte besteht fort.", ["absent", "present"]),
    ],
)
def test_the_other_side_is_a_statement_of_its_own(language: str, text: str, states: list[str]) -> None:
    said = [one.assertion for one in built_in_reader(f"{language}_radiology").statements(text)]
    assert [one.state for one in said if one.finding == "effusion"] == states
