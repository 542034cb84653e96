"""A page as Markdown (CommonMark, with the pipe tables of GitHub)."""

import re
from collections.abc import Sequence

from glsmed.shared.pages.blocks import Block, Figure, Frame, Heading, Listing, Page, Paragraph, Table
from glsmed.shared.pages.spoken import say

_BULLET = re.compile(r"^([-+=])(?=\s|$)")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")


def as_markdown(page: Page) -> str:
    """The page as Markdown; a figure is its caption, and a page within the page is left out."""
    parts = [f"# {_text(page.title)}", *(_block(block) for block in page.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_text(block.text)}"
        case Paragraph():
            return f"**{_text(block.text)}**" if block.strong else _text(block.text)
        case Listing():
            return "\n".join(f"* {_text(item)}" for item in block.items)
        case Table():
            return _table(block)
        case Figure():
            return say("(Figure, in the HTML page: {caption})", caption=_text(block.caption))
        case Frame():
            return ""


def _table(table: Table) -> str:
    lines = [_row(table.header), _row(["---"] * len(table.header), plain=True), *(_row(row) for row in table.rows)]
    caption = f"{_text(table.caption)}\n\n" if table.caption else ""
    return caption + "\n".join(lines)


def _row(cells: Sequence[str], *, plain: bool = False) -> str:
    return f"| {' | '.join(cell if plain else _text(cell) for cell in cells)} |"


def _text(text: str) -> str:
    """The text on one line, with what Markdown would read as its own escaped."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _NUMBERED.sub(r"\1\\\2", _BULLET.sub(r"\\\1", line))
