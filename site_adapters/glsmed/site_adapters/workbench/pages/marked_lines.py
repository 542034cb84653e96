"""A report in pieces, its words marked by what they say, each mark leading to its line."""

from collections.abc import Iterator, Sequence

from glsmed.site_adapters.explaining.explanation import Explained
from glsmed.site_adapters.explaining.marked_text import CUE, Piece, in_pieces

STATES = ("present", "uncertain", "absent", "no evidence", "not assessable")


def marked_lines(text: str, explained: Sequence[Explained]) -> Iterator[Piece]:
    """The text from left to right; words of several mentions are marked once, for the one that decides."""
    marks: dict[tuple[int, int], Piece] = {}
    for line, row in sorted(enumerate(explained, start=1), key=lambda numbered: numbered[1].decides):
        for start, end, role in row.spans:
            before = marks.get((start, end))
            told = f"{row.finding}: {row.state} ({row.cue})"
            note = told if before is None else f"{before.note}; {told}"
            state = CUE if role == CUE else row.state.replace(" ", "-")
            marks[start, end] = Piece(text[start:end], state, note, line)
    return in_pieces(text, marks)
