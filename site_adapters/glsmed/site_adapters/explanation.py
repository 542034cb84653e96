"""Why an adapter reads a text as it does: every mention with its words, rule and prior, as text or one HTML page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from glsmed.site_adapters.cells import Cell, Span
from glsmed.site_adapters.reader import Reader, Statement

_COLOURS = {"present": "#f4b6b6", "absent": "#bfe3c0", "uncertain": "#fbe3a2", "cue": "#c9d8f5"}
_STYLE = (
    "body{font:16px/1.7 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:.85em}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}"
    ".report{white-space:pre-wrap;border-left:4px solid #ddd;padding-left:1rem}mark{border-radius:.2em;padding:.1em}"
)
_COLUMNS = ("finding", "state", "words", "cue", "section", "probability", "label", "rate r", "target", "")


@dataclass(frozen=True, slots=True)
class Explained:
    """One mention as a row.

    Attributes:
        rate: r of GLS for ``label``; the target that the loss sees is the probability itself.
        decides: whether this mention makes the finding's cell.
    """

    finding: str
    state: str
    words: str
    cue: str
    section: str
    probability: float | None
    spread: float
    decides: bool
    spans: tuple[Span, ...]

    @property
    def label(self) -> int:
        """The side of doubt that the words take."""
        return int((self.probability or 0) >= 0.5)

    @property
    def rate(self) -> float:
        """The smoothing rate r that turns the label into the probability."""
        return 2 * min(self.probability or 0, 1 - (self.probability or 0))


def explain(reader: Reader, text: str) -> list[Explained]:
    """Every mention in the order of the text."""
    cells = reader.read(text).cells
    return [
        _explained(statement, cells.get(statement.assertion.finding), text) for statement in reader.statements(text)
    ]


def _explained(statement: Statement, cell: Cell | None, text: str) -> Explained:
    assertion = statement.assertion
    counts = assertion.prior is not None and statement.weight > 0
    return Explained(
        finding=assertion.finding,
        state=assertion.state if counts else "no evidence",
        words=" … ".join(text[span.start : span.end] for span in sorted(statement.placed)),
        cue=assertion.cue,
        section=statement.section,
        probability=assertion.prior.mean if assertion.prior and counts else None,
        spread=assertion.prior.spread if assertion.prior else 0.0,
        decides=cell is not None and cell.evidence == statement.placed,
        spans=statement.placed,
    )


def rows(explained: Sequence[Explained]) -> Iterator[tuple[str, ...]]:
    """The cells of a table, in the order of its columns; the last says whether the mention decides."""
    for row in explained:
        numbers = ("", "", "", "")
        if row.probability is not None:
            probability = f"{row.probability:.2f} ± {row.spread:.2f}"
            numbers = (probability, str(row.label), f"{row.rate:.2f}", f"{row.probability:.2f}")
        yield (row.finding, row.state, row.words, row.cue, row.section, *numbers, "decides" if row.decides else "")


def as_text(explained: Sequence[Explained]) -> str:
    """A table for a terminal."""
    table = [_COLUMNS, *rows(explained)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def as_html(reports: Sequence[tuple[str, str, Sequence[Explained]]], *, title: str) -> str:
    """One self-contained page; each report is ``(id, text, explained)``."""
    parts = [_report_html(*report) for report in reports]
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>\n"
    )


def _report_html(report_id: str, text: str, explained: Sequence[Explained]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in _COLUMNS)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows(explained))
    return (
        f'<h2>{escape(report_id)}</h2><p class="report">{_marked(text, explained)}</p>'
        f"<table><tr>{head}</tr>{body}</table>"
    )


def _marked(text: str, explained: Sequence[Explained]) -> str:
    """The text with each span marked once, from left to right."""
    spans = {(span.start, span.end): (row, span) for row in explained for span in row.spans}
    parts, position = [], 0
    for (start, end), (row, span) in sorted(spans.items(), key=lambda item: item[0]):
        if start >= position:
            colour = _COLOURS.get(row.state if span.role == "mention" else "cue", "#ddd")
            note = escape(f"{row.finding}: {row.state}, cue {row.cue}", quote=True)
            parts += [escape(text[position:start]), f'<mark style="background:{colour}" title="{note}">']
            parts += [escape(text[start:end]), "</mark>"]
            position = end
    return "".join([*parts, escape(text[position:])])
