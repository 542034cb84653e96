import pytest

from glsmed.site_adapters.reading.reader import Reader


def test_words_are_placed_in_the_report(english: Reader) -> None:
    text = "IMPRESSION: The heart is normal. No effusion."
    statement = list(english.statements(text))[-1]
    assert [text[span.start : span.end] for span in statement.placed] == ["effusion", "No"]


@pytest.mark.parametrize(
    ("text", "is_evidence"),
    [("FINDINGS: Effusion.", True), ("HISTORY: Effusion.", False), ("FINDINGS: History of effusion.", False)],
)
def test_a_section_without_weight_and_words_of_the_past_are_not_evidence(
    english: Reader, text: str, is_evidence: bool
) -> None:
    (statement,) = english.statements(text)
    assert statement.is_evidence is is_evidence


def test_the_cell_of_a_statement_is_that_of_a_report_that_says_nothing_else(english: Reader) -> None:
    text = "FINDINGS: Possible effusion."
    (statement,) = english.statements(text)
    assert statement.cell == english.read(text).cells["effusion"]


def test_a_full_reading_is_cells_statements_and_cues_at_once(english: Reader) -> None:
    text = "INDICATION: Rule out pneumonia. FINDINGS: Possible effusion. IMPRESSION: No effusion."
    full = english.read_in_full(text)
    assert full.cells == english.read(text).cells
    assert list(full.statements) == list(english.statements(text))
    assert list(full.marks) == list(english.marks(text))
