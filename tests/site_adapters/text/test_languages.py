import pytest

from glsmed.site_adapters.text.languages import Languages

WORDS = {"en": frozenset({"the", "is", "no"}), "de": frozenset({"ist", "der", "kein"}), "ja": frozenset[str]()}


@pytest.mark.parametrize(
    ("own", "sentence", "language"),
    [
        ("en", "der erguss ist klein", "de"),
        ("en", "the effusion is small", None),
        ("en", "the der is", None),
        ("en", "胸水を認めます", "ja"),
        ("de", "the effusion is small", "en"),
        ("ja", "the effusion is small", "en"),
        ("ja", "CTで胸水を認める", None),
        ("ja", "CT", None),
    ],
)
def test_small_words_and_script_tell_a_language(own: str, sentence: str, language: str | None) -> None:
    assert Languages(own, WORDS).other(sentence, sentence.split(), names_findings=False) == language


def test_one_short_word_is_too_little_beside_a_finding_of_ones_own() -> None:
    languages = Languages("en", {"en": frozenset(), "es": frozenset({"en", "derecho"})})
    assert languages.other("en effusion", ["en", "effusion"], names_findings=True) is None
    assert languages.other("derecho effusion", ["derecho", "effusion"], names_findings=True) == "es"
