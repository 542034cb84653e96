"""A report in pieces, its words marked by what they say, each mark leading to its line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glsmed.site_adapters.explaining.explanation import Explained

STATES = ("present", "uncertain", "absent", "no evidence", "not assessable")


@dataclass(frozen=True, slots=True)
class MarkedPiece:
    """A stretch of a report; ``kind`` is a state, ``cue``, or blank, ``line`` the number of the line that it is of."""

    text: str
    kind: str = ""
    line: int = 0
    note: str = ""


def marked_text(text: str, explained: Sequence[Explained]) -> Iterator[MarkedPiece]:
    """The text from left to right; words of several mentions are marked once, for the one that decides."""
    position = 0
    for (start, end), piece in sorted(_marks(text, explained).items(), key=lambda placed: placed[0]):
        if start >= position:
            yield MarkedPiece(text[position:start])
            yield piece
            position = end
    yield MarkedPiece(text[position:])


def _marks(text: str, explained: Sequence[Explained]) -> dict[tuple[int, int], MarkedPiece]:
    marks: dict[tuple[int, int], MarkedPiece] = {}
    for line, row in sorted(enumerate(explained, start=1), key=lambda numbered: numbered[1].decides):
        for start, end, role in row.spans:
            before = marks.get((start, end))
            told = f"{row.finding}: {row.state} ({row.cue})"
            note = told if before is None else f"{before.note}; {told}"
            kind = "cue" if role == "cue" else row.state.replace(" ", "-")
            marks[start, end] = MarkedPiece(text[start:end], kind, line, note)
    return marks
