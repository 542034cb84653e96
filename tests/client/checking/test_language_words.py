import dataclasses

import pytest

from glsmed.client.checking.language_words import LanguageGuess
from glsmed.site_adapters.adapter.loader import load_adapter

SENTENCES = {
    "en": ["No focal consolidation is seen.", "The heart is enlarged.", "Small effusion on the left."],
    "es": ["No hay derrame pleural.", "Se observa un nódulo en el lóbulo superior.", "Sin neumotórax ni derrame."],
    "de": ["Kein Pleuraerguss.", "Herz normal groß.", "Verdacht auf Rundherd im linken Oberlappen."],
    "ja": ["胸水を認めない", "心拡大の疑い", "右上肺野に結節影あり"],
}


@pytest.mark.parametrize("own", SENTENCES)
@pytest.mark.parametrize("other", SENTENCES)
def test_sentences_of_the_vocabularies_languages_are_told_apart(own: str, other: str) -> None:
    guess = LanguageGuess(load_adapter(f"{own}_radiology"))
    found = [guess.other_language(sentence) for sentence in SENTENCES[other]]
    expected = {"ja": {"ja", "ja or zh"}}.get(other, {other}) if own != other else {""}
    assert set(found) <= expected


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Pas d'épanchement pleural.", "fr"),
        ("흉수 없음", "ko"),
        ("Выпота нет.", "ru"),
        ("Stable.", ""),
        ("CTR 52 %", ""),
        ("Dr. Berg", ""),
        ("", ""),
    ],
)
def test_other_languages_and_scraps(sentence: str, language: str) -> None:
    assert LanguageGuess(load_adapter("en_radiology")).other_language(sentence) == language


def test_english_words_inside_a_japanese_sentence_do_not_make_it_english() -> None:
    guess = LanguageGuess(load_adapter("ja_radiology"))
    assert guess.other_language("no pleural effusion と言える") == ""
    assert guess.other_language("No pleural effusion.") == "en"


def test_a_language_whose_small_words_are_not_known_is_judged_by_script_alone() -> None:
    guess = LanguageGuess(dataclasses.replace(load_adapter("en_radiology"), language="nl"))
    assert guess.other_language("De longen zijn in orde en de wervelkolom is normaal.") == ""
    assert guess.other_language("胸水を認めない") == "ja"
