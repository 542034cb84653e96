"""A report in pieces, with the words marked that decide about findings."""

from collections.abc import Iterator
from dataclasses import dataclass

from glsmed.site_adapters.reading.reader import Reader


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a report; ``state`` is what its words say (present, absent, uncertain) or blank."""

    text: str
    state: str = ""
    note: str = ""


def marked_pieces(reader: Reader, text: str) -> Iterator[Piece]:
    """The report from left to right; overlapping words are marked once, for all findings that they are about."""
    spans: dict[tuple[int, int], tuple[str, str]] = {}
    for cell in reader.read(text).cells.values():
        for span in cell.evidence:
            note = f"{cell.finding}: {cell.state}, {cell.probability:.2f}"
            state, before = spans.get((span.start, span.end), (cell.state, ""))
            spans[span.start, span.end] = (state, f"{before}; {note}" if before else note)
    position = 0
    for (start, end), (state, note) in sorted(spans.items()):
        if start >= position:
            yield Piece(text[position:start])
            yield Piece(text[start:end], state, note)
            position = end
    yield Piece(text[position:])
