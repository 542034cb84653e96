"""Explanations as one self-contained HTML page: no script, nothing fetched, the words marked where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from glsmed.site_adapters.explaining.explanation import COLUMNS, Explained, rows
from glsmed.site_adapters.explaining.marked_text import CUE, Piece, marked_mentions
from glsmed.site_adapters.reading.cells import NO_EVIDENCE

COLOURS = {"present": "#f4b6b6", "absent": "#bfe3c0", "uncertain": "#fbe3a2", NO_EVIDENCE: "#dddddd", CUE: "#c9d8f5"}
_TEMPLATES = Path(__file__).with_name("templates")


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
    return _Report(report_id, list(marked_mentions(text, explained)), cells)
