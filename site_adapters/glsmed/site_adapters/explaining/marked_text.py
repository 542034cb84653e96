"""A report's text in pieces, with the words marked that speak of findings, for every page that shows a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
            state = CUE if role == CUE else row.state
            note = f"{row.finding}: {row.state}, cue {row.cue}"
            if (before := marks.get((start, end))) is not None:
                state, note = before.state, f"{before.note}; {note}"
            marks[start, end] = Piece(text[start:end], state, note)
    return in_pieces(text, marks)


def marked_cells(text: str, reader: Reader) -> Iterator[Piece]:
    """The text with the words marked that decide about findings, with what they say in place of what they are."""
    marks: dict[tuple[int, int], Piece] = {}
    for cell in reader.read(text).cells.values():
        for span in cell.evidence:
            state, note = cell.state, f"{cell.finding}: {cell.state}, {cell.probability:.2f}"
            if (before := marks.get((span.start, span.end))) is not None:
                state, note = before.state, f"{before.note}; {note}"
            marks[span.start, span.end] = Piece(text[span.start : span.end], state, note)
    return in_pieces(text, marks)
