"""What a page is made of. All text is plain: it is escaped when the page is written."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

NONE = "–"  # in the place of a number that is not there
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` 2 is the highest below the page's title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text; ``strong`` for what nobody should miss."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Items, each with a bullet."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of text; every row is as long as the header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing as SVG, see :mod:`glsmed.shared.pages.figures`; Markdown shows the caption alone."""

    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Another page within this one, as whole HTML; Markdown leaves it out."""

    title: str
    html: str


Block = Heading | Paragraph | Listing | Table | Figure | Frame


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its title."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a page; ``key`` is its anchor."""

    key: str
    title: str
    blocks: Sequence[Block]


def without_turns(text: str) -> str:
    """The text without marks that change the direction of writing, and without control characters."""
    return text.translate(_TURNS)


def bounded(text: object, *, most: int = 200) -> str:
    """Words that came from elsewhere on one line of at most ``most`` characters, without control characters.

    Marks that change the direction of writing go too: with them a page can show other words than it holds.
    """
    words = "".join(" " if unicodedata.category(one) in _UNSEEN else one for one in str(text)[: 4 * most])
    line = " ".join(words.split())
    return line if len(line) <= most else line[: most - 1] + _CUT


_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_TURNS = {**dict.fromkeys(_DIRECTIONS), **dict.fromkeys(_CONTROLS, " ")}
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
