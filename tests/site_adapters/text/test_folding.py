import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.site_adapters.text.folding import Folding

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("EFFUSION", "effusion"),
        ("Ｅｆｆｕｓｉｏｎ　１", "effusion 1"),
        ("ﾋﾟｱﾉ", "ピアノ"),
        ("ﬁbrosis", "fibrosis"),
        ("can’t", "can't"),
        ("c–w", "c-w"),
        ("auszuschließen", "auszuschliessen"),
        ("efusión", "efusion"),
        ("efusio\u0301n", "efusion"),
        ("Ödem", "odem"),
        ("が", "が"),
        ("pneu\u00admo\u200bthorax\ufeff", "pneumothorax"),
        ("no\u00a0mass", "no mass"),
    ],
)
def test_one_width_one_case_no_accent(text: str, folded: str) -> None:
    assert Folding(accents=True).fold(text)[0] == folded


def test_accents_stay_where_the_language_wants_them() -> None:
    assert Folding(accents=False).fold("Efusión")[0] == "efusión"


@settings(deadline=None)
@given(ANY_TEXT)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    folding = Folding(accents=True)
    once = folding.fold(text)[0]
    assert folding.fold(once)[0] == once or "\u0345" in unicodedata.normalize("NFD", text)


@settings(deadline=None)
@given(ANY_TEXT)
def test_each_folded_character_points_at_its_place(text: str) -> None:
    folded, offsets = Folding(accents=True).fold(text)
    if offsets is None:
        assert len(folded) == len(text)
        return
    assert len(offsets) == len(folded) + 1
    assert list(offsets) == sorted(offsets)
    assert offsets[-1] == len(text)
    for place, character in enumerate(folded):
        if character.isascii() and character.isalpha() and text[offsets[place]].isascii():
            assert text[offsets[place]].lower() == character
