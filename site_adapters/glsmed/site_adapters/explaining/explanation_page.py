"""Explanations as one self-contained HTML page: no script, nothing fetched, the words marked where they stand."""

from collections.abc import Sequence
from html import escape

from glsmed.site_adapters.explaining.explanation import COLUMNS, Explained, rows
from glsmed.site_adapters.reading.cells import NO_EVIDENCE

_COLOURS = {"present": "#f4b6b6", "absent": "#bfe3c0", "uncertain": "#fbe3a2", NO_EVIDENCE: "#dddddd", "cue": "#c9d8f5"}
_STYLE = (
    "body{font:16px/1.7 sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:.85em}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}"
    ".report{white-space:pre-wrap;overflow-wrap:anywhere;border-left:4px solid #ddd;padding-left:1rem}"
    "mark{border-radius:.2em;padding:.1em}tr.decides td{font-weight:bold}.legend mark{margin-right:.8em}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def as_html(reports: Sequence[tuple[str, str, Sequence[Explained]]], *, title: str) -> str:
    """The page; each report is ``(id, text, explained)``."""
    legend = "".join(f'<mark style="background:{colour}">{escape(name)}</mark>' for name, colour in _COLOURS.items())
    parts = "".join(_report(*report) for report in reports)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{_POLICY}"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f'<body><h1>{escape(title)}</h1><p class="legend">{legend}</p>{parts}</body></html>\n'
    )


def _report(report_id: str, text: str, explained: Sequence[Explained]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in COLUMNS)
    body = "".join(_row(cells, row) for cells, row in zip(rows(explained), explained, strict=True))
    table = f"<table><tr>{head}</tr>{body}</table>" if explained else "<p>No finding is mentioned.</p>"
    return f'<h2>{escape(report_id)}</h2><p class="report">{_marked(text, explained)}</p>{table}'


def _row(cells: Sequence[str], row: Explained) -> str:
    style = ' class="decides"' if row.decides else ""
    return f"<tr{style}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _marked(text: str, explained: Sequence[Explained]) -> str:
    """The text with each span marked once, from left to right; a span of several mentions names them all."""
    notes: dict[tuple[int, int], list[str]] = {}
    colours: dict[tuple[int, int], str] = {}
    for row in explained:
        for span in row.spans:
            place = (span.start, span.end)
            colours.setdefault(place, _COLOURS["cue"] if span.role == "cue" else _COLOURS.get(row.state, "#ddd"))
            notes.setdefault(place, []).append(f"{row.finding}: {row.state}, cue {row.cue}")
    parts: list[str] = []
    position = 0
    for start, end in sorted(notes):
        if start >= position:
            note = escape("; ".join(notes[start, end]), quote=True)
            parts += [escape(text[position:start]), f'<mark style="background:{colours[start, end]}" title="{note}">']
            parts += [escape(text[start:end]), "</mark>"]
            position = end
    return "".join([*parts, escape(text[position:])])
