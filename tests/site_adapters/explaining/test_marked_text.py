import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.explaining.marked_text import Piece, in_pieces, marked_cells
from glsmed.site_adapters.reading.reader import Reader


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_adapter("en_radiology"))


@pytest.mark.parametrize(
    "text", ["", "Nothing of note.", "No effusion. Possible nodule & <b>mass</b>.", "No effusion or mass."]
)
def test_the_pieces_are_the_report(reader: Reader, text: str) -> None:
    assert "".join(piece.text for piece in marked_cells(text, reader)) == text


def test_words_are_marked_by_what_they_say(reader: Reader) -> None:
    marked = [piece for piece in marked_cells("No effusion. Possible nodule.", reader) if piece.state]
    assert [(piece.text, piece.state) for piece in marked] == [
        ("No", "absent"),
        ("effusion", "absent"),
        ("Possible", "uncertain"),
        ("nodule", "uncertain"),
    ]
    assert marked[1].note.startswith("effusion: absent, 0.")


def test_a_cue_of_two_findings_is_marked_once(reader: Reader) -> None:
    cues = [piece for piece in marked_cells("No effusion or mass.", reader) if piece.text == "No"]
    assert len(cues) == 1
    assert isinstance(cues[0], Piece)
    assert "effusion: absent" in cues[0].note
    assert "mass: absent" in cues[0].note


def test_of_marks_that_overlap_the_first_one_stands() -> None:
    marks = {(0, 4): Piece("abcd", "absent"), (2, 6): Piece("cdef", "present"), (7, 8): Piece("h", "cue")}
    assert [(piece.text, piece.state) for piece in in_pieces("abcdefgh", marks) if piece.text] == [
        ("abcd", "absent"),
        ("efg", ""),
        ("h", "cue"),
    ]
