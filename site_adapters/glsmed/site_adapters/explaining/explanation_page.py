"""Explanations as one self-contained HTML page: no script, nothing fetched, the words marked where they stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from glsmed.site_adapters.explaining.explanation import COLUMNS, Explained, rows
from glsmed.site_adapters.reading.cells import NO_EVIDENCE

COLOURS = {"present": "#f4b6b6", "absent": "#bfe3c0", "uncertain": "#fbe3a2", NO_EVIDENCE: "#dddddd", "cue": "#c9d8f5"}
_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a report; marked if it has a colour, and then with a note that a browser shows over it."""

    text: str
    colour: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Report:
    """A report as the template takes it: its text in pieces, and its table's rows with whether each decides."""

    report_id: str
    pieces: Sequence[Piece]
    rows: Sequence[tuple[tuple[str, ...], bool]]


def as_html(reports: Sequence[tuple[str, str, Sequence[Explained]]], *, title: str) -> str:
    """The page; each report is ``(id, text, explained)``."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template("explanations.html.j2")
    return template.render(title=title, colours=COLOURS, columns=COLUMNS, reports=[_report(*each) for each in reports])


def _report(report_id: str, text: str, explained: Sequence[Explained]) -> _Report:
    cells = [(row, one.decides) for row, one in zip(rows(explained), explained, strict=True)]
    return _Report(report_id, list(marked_pieces(text, explained)), cells)


def marked_pieces(text: str, explained: Sequence[Explained]) -> Iterator[Piece]:
    """The text from left to right with each span marked once; a span of several mentions names them all."""
    position = 0
    for (start, end), piece in sorted(_marked(text, explained).items(), key=lambda placed: placed[0]):
        if start >= position:
            yield Piece(text[position:start])
            yield piece
            position = end
    yield Piece(text[position:])


def _marked(text: str, explained: Sequence[Explained]) -> dict[tuple[int, int], Piece]:
    """A piece for every span of a mention or cue, by its place."""
    marked: dict[tuple[int, int], Piece] = {}
    for row in explained:
        for start, end, role in row.spans:
            colour = COLOURS["cue" if role == "cue" else row.state]
            note = f"{row.finding}: {row.state}, cue {row.cue}"
            before = marked.get((start, end))
            if before is not None:
                colour, note = before.colour, f"{before.note}; {note}"
            marked[start, end] = Piece(text[start:end], colour, note)
    return marked
