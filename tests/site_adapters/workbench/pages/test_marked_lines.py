from glsmed.site_adapters.explaining.explanation import explain
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.workbench.pages.marked_lines import marked_lines


def test_every_character_stands_once_and_words_lead_to_their_line(english: Reader) -> None:
    text = "FINDINGS:  No effusion or pneumonia.\n\nPossible\u00a0cardiomegaly. <b>&amp;</b>"
    lines = explain(english, text)
    pieces = list(marked_lines(text, lines))
    assert "".join(piece.text for piece in pieces) == text
    marked = {piece.text: piece for piece in pieces if piece.state}
    assert marked["effusion"].state == "absent"
    assert lines[marked["cardiomegaly"].line - 1].finding == "cardiomegaly"
    assert marked["No"].state == "cue"
    assert "effusion" in marked["No"].note
    assert "pneumonia" in marked["No"].note
