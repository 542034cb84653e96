"""How many alternatives a mention shares its doubt with."""

import pytest

from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.reading.scopes import mentions_with_cues
from tests.site_adapters.conftest import built_in_reader

LEXICON = Lexicon(built_in_reader("en_radiology").adapter)


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        ("Atelectasis or pneumonia.", [2, 2]),
        ("Atelectasis versus pneumonia versus edema.", [3, 3, 3]),
        ("Atelectasis and pneumonia.", [1, 1]),
        ("Edema, atelectasis or pneumonia.", [1, 2, 2]),
        ("Differential includes pneumonia, edema, atelectasis.", [3, 3, 3]),
        ("Pneumonia.", [1]),
    ],
)
def test_alternatives_are_counted_in_their_list(text: str, alternatives: list[int]) -> None:
    tokens = LEXICON.read(text)
    found = mentions_with_cues(LEXICON.index.find(tokens), len(tokens) - 1, "words")
    assert [mention.alternatives for mention in found] == alternatives
