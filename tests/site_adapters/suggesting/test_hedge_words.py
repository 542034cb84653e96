import pytest

from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.suggesting.hedge_words import HEDGE_STEMS, looks_like_doubt


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [
        ("conceivably", "en", True),
        ("in the suspicious area", "en", True),
        ("maybe", "en", True),
        ("in the left base", "en", False),
        ("denkbare", "de", True),
        ("im unterfeld", "de", False),
        ("sugerente de", "es", True),
        ("の線も捨てきれない", "ja", True),
        ("右上葉", "ja", False),
        ("conceivably", "pl", False),
    ],
)
def test_words_are_known_by_their_beginnings(words: str, language: str, expected: bool) -> None:
    assert looks_like_doubt(words, language) is expected


def test_every_language_with_a_vocabulary_has_its_stems() -> None:
    assert {name.partition("_")[0] for name in built_in_names()} <= HEDGE_STEMS.keys()
