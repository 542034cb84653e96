import pytest

from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.phrasing.signs import Signs
from tests.site_adapters.conftest import built_in_reader

SIGNS = Signs(Lexicon(built_in_reader("en_radiology").adapter))


@pytest.mark.parametrize(
    ("before", "after", "one"),
    [
        ("There is no", "Effusion.", True),
        ("No pleural", "Effusion.", True),
        ("A small effusion", "Cannot be excluded.", True),
        ("No fracture.", "Effusion.", False),
        ("Cardiomegaly", "Effusion", False),
        ("", "Effusion.", False),
    ],
)
def test_a_line_goes_on_where_its_words_are_open(before: str, after: str, *, one: bool) -> None:
    assert SIGNS.goes_on(before, after) is one


@pytest.mark.parametrize(
    ("sentence", "asks"),
    [("Pneumonia?", True), ("Rule out pneumonia.", True), ("Pneumonia.", False), ("No pneumonia.", False)],
)
def test_a_question_is_told_from_a_statement(sentence: str, *, asks: bool) -> None:
    assert SIGNS.asks(sentence) is asks


@pytest.mark.parametrize(
    ("sentence", "reads"),
    [
        ("There is a small effusion.", True),
        ("No effusion.", True),
        ("Effusion?", False),
        ("Rule out effusion.", False),
        ("Cough and fever.", False),
    ],
)
def test_a_sentence_reads_as_findings_where_it_says_something_of_one(sentence: str, *, reads: bool) -> None:
    assert SIGNS.reads_as_findings(sentence) is reads
