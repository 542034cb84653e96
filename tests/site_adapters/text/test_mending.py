"""Words as they were typed, read with the English vocabulary."""

import pytest

from glsmed.site_adapters.reading.reader import Reader


@pytest.mark.parametrize(
    ("text", "typed", "meant"),
    [
        ("Small effuson.", "effuson", "effusion"),
        ("Small pneumothroax.", "pneumothroax", "pneumothorax"),
        ("A plural effusion.", "plural effusion", "pleural effusion"),
        ("There is noevidence of a mass.", "noevidence", "no evidence"),
        ("Small effu-\nsion.", "effu-\nsion", "effusion"),
    ],
)
def test_a_word_is_read_as_it_was_meant_and_told_where_it_stands(
    english: Reader, text: str, typed: str, meant: str
) -> None:
    (mend,) = english.mends(text)
    assert (text[mend.start : mend.end], mend.meant) == (typed, meant)


@pytest.mark.parametrize("text", ["Confusion and transfusion.", "The hemithorax.", "Small effusion.", "Noduls."])
def test_other_words_known_words_and_short_ones_stay_as_they_are(english: Reader, text: str) -> None:
    assert english.mends(text) == []
