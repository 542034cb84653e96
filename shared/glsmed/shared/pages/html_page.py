"""A page as one HTML file: nothing is loaded from elsewhere and nothing runs."""

import re
from collections.abc import Iterable
from html import escape

from glsmed.shared.pages.blocks import Block, Figure, Frame, Heading, Listing, Page, Paragraph, Table, without_turns
from glsmed.shared.pages.spoken import spoken_language

_POLICY = "script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; connect-src 'none'"
_CODE = re.compile(r"`([^`]+)`")
_SHORT, _LONG = 14, 40  # characters: of a cell, and of a word
_STYLE = """\
:root { color-scheme: light dark; --ink: #1a202c; --ground: #fff; --line: #cbd5e0; --stripe: #f7fafc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e2e8f0; --ground: #1a202c; --line: #4a5568; --stripe: #232b3b; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
  color: var(--ink); background: var(--ground); overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.2; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 13px; }
caption { text-align: left; padding: 4px 0; }
th, td { border: 1px solid var(--line); padding: 3px 8px; text-align: left; vertical-align: top; }
.whole { white-space: nowrap; }
.long { overflow-wrap: anywhere; min-width: 14rem; }
tbody tr:nth-child(even) { background: var(--stripe); }
figure { margin: 1rem 0; }
svg { max-width: 100%; height: auto; color: var(--ink); }
figcaption { font-size: 13px; }
iframe { width: 100%; height: 22rem; border: 1px solid var(--line); background: #fff; }
@media print {
  :root { --ink: #000; --ground: #fff; --line: #999; --stripe: #fff; }
  body { max-width: none; margin: 0; font-size: 10pt; }
  .scroll { overflow: visible; } table { font-size: 8pt; }
  h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; } thead { display: table-header-group; }
}
"""


def as_html(page: Page) -> str:
    """The page as HTML in the spoken language: light or dark as the reader's screen is, and fit to be printed."""
    title, body = _text(page.title), blocks_html(page.blocks)
    head = (
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>\n{_STYLE}</style>"
    )
    shown = f"<body>\n<h1>{title}</h1>\n{body}\n</body>"
    return f'<!doctype html>\n<html lang="{spoken_language()}">\n<head>\n{head}\n</head>\n{shown}\n</html>\n'


def blocks_html(blocks: Iterable[Block]) -> str:
    """The blocks as HTML, for a page that brings its own head and style; all text is escaped."""
    return "\n".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_inline(block.text)}</h{block.level}>"
        case Paragraph():
            text = _inline(block.text)
            return f"<p><strong>{text}</strong></p>" if block.strong else f"<p>{text}</p>"
        case Listing():
            items = "".join(f"<li>{_inline(item)}</li>\n" for item in block.items)
            return f"<ul>\n{items}</ul>"
        case Table():
            return _table(block)
        case Figure():
            return f"<figure>{block.svg}<figcaption>{_inline(block.caption)}</figcaption></figure>"
        case Frame():
            return f'<iframe sandbox title="{escape(block.title)}" srcdoc="{escape(block.html)}"></iframe>'


def _inline(text: str) -> str:
    """The text, with what stands between two backticks as code."""
    return _CODE.sub(r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    return escape(without_turns(text))


def _cell(text: str) -> str:
    """A cell: a short one stays on its line, and a long word, such as a key, may be broken anywhere."""
    longest = max(map(len, text.split()), default=0)
    form = "long" if longest > _LONG else "whole" if len(text) <= _SHORT else ""
    return f'<td class="{form}">{_text(text)}</td>' if form else f"<td>{_text(text)}</td>"


def _table(table: Table) -> str:
    caption = f"<caption>{_inline(table.caption)}</caption>" if table.caption else ""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in table.header)
    rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    name = _text(table.caption or ", ".join(table.header))
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{name}"><table>{caption}<thead><tr>{head}</tr>'
        f"</thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )
