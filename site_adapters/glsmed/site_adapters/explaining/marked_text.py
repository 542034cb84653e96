"""A report's text in pieces, with the words marked that speak of findings, for every page that shows a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glsmed.site_adapters.explaining.explanation import Explained
from glsmed.site_adapters.reading.reader import Reader

CUE = "cue"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a report.

    Attributes:
        state: what its words say: a state of a mention, ``cue``, or blank where they are not marked.
        note: what a browser shows over it.
        line: the number of the line of a table that it leads to; 0 for none.
    """

    text: str
    state: str = ""
    note: str = ""
    line: int = 0


Marks = Mapping[tuple[int, int], Piece]  # by where they start and end in the text


def in_pieces(text: str, marks: Marks) -> Iterator[Piece]:
    """The text from left to right; of marks that overlap, the one that starts first."""
    position = 0
    for (start, end), piece in sorted(marks.items(), key=lambda placed: placed[0]):
        if start >= position:
            yield Piece(text[position:start])
            yield piece
            position = end
    yield Piece(text[position:])


def marked_mentions(text: str, explained: Sequence[Explained]) -> Iterator[Piece]:
    """The text with every mention and cue marked; a span of several mentions names them all."""
    marks: dict[tuple[int, int], Piece] = {}
    for row in explained:
        for start, end, role in row.spans:
            note = f"{row.finding}: {row.state}, cue {row.cue}"
            piece = Piece(text[start:end], CUE if role == CUE else row.state, note)
            marks[start, end] = _both(marks.get((start, end)), piece)
    return in_pieces(text, marks)


def marked_cells(text: str, reader: Reader) -> Iterator[Piece]:
    """The text with the words marked that decide about findings, cues too by what they say of the finding."""
    marks: dict[tuple[int, int], Piece] = {}
    for cell in reader.read(text).cells.values():
        for start, end, _ in cell.evidence:
            piece = Piece(text[start:end], cell.state, f"{cell.finding}: {cell.state}, {cell.probability:.2f}")
            marks[start, end] = _both(marks.get((start, end)), piece)
    return in_pieces(text, marks)


def _both(before: Piece | None, piece: Piece) -> Piece:
    """The mark of a span that may have one already: the first one's state, and the notes of both."""
    return piece if before is None else replace(before, note=f"{before.note}; {piece.note}")
