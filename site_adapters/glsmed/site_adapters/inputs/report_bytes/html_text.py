"""HTML as lines of text: tags and entities read away, blocks on lines of their own."""

import html.entities
import re
from html.parser import HTMLParser

_TAGS = (
    "html head body title meta style script p br div span table thead tbody tr td th ul ol li dl dt dd b i u s em "
    "strong font pre code tt h1 h2 h3 h4 h5 h6 hr center sub sup a img section article blockquote small big o:p"
)
_A_TAG = re.compile(rf"</?(?:{'|'.join(_TAGS.split())})(?:\s[^<>]*)?/?>|<!doctype html", re.IGNORECASE)
_AN_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});|&nbsp")
_A_BLOCK = re.compile(r"p|div|tr|table|[uo]l|li|d[ltd]|h[1-6]|pre|hr|center|section|article|blockquote|title")
_NOT_SHOWN = frozenset(("script", "style", "head"))
_CELLS = frozenset(("td", "th"))
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")
_MOST_LAYERS = 3  # HTML whose tags were written as entities is HTML once more


def is_html(text: str) -> bool:
    """Whether the text has a tag or an entity of HTML; "<5 mm" and "A & B" have not."""
    if "<" in text and _A_TAG.search(text):
        return True
    return "&" in text and any(_is_known(match.group(1)) for match in _AN_ENTITY.finditer(text))


def html_to_text(markup: str) -> str:
    """What a browser would show, line by line; no-break spaces become spaces."""
    text = markup
    for _ in range(_MOST_LAYERS):
        parser = _Shown(keeps_lines=_A_TAG.search(text) is None)
        parser.feed(text)
        parser.close()
        text = parser.text()
        if not is_html(text):
            break
    return text


def _is_known(entity: str | None) -> bool:
    return entity is None or entity.startswith("#") or f"{entity};" in html.entities.html5


class _Shown(HTMLParser):
    """Collects what is shown; line breaks of text that has no tags at all are kept."""

    def __init__(self, *, keeps_lines: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._hidden: list[str] = []
        self._preformatted = int(keeps_lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # their signature
        if tag in _NOT_SHOWN:
            self._hidden.append(tag)
        elif tag == "body":
            self._hidden.clear()  # a head that was never closed
        self._preformatted += tag == "pre"
        self._break(tag, opening=True)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            self._hidden.remove(tag)
        self._preformatted -= tag == "pre" and self._preformatted > 0
        self._break(tag, opening=False)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # as above
        self._break(tag, opening=True)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(data if self._preformatted else _WHITE_SPACE.sub(" ", data))

    def _break(self, tag: str, *, opening: bool) -> None:
        if (tag == "br" and opening) or _A_BLOCK.fullmatch(tag):
            self._pieces.append("\n")
        elif tag in _CELLS and not opening:
            self._pieces.append(" ")

    def text(self) -> str:
        """The lines that are shown, without blank ones at either end."""
        lines = "".join(self._pieces).replace("\u00a0", " ").split("\n")
        return "\n".join(line.strip() if not self._preformatted else line.rstrip() for line in lines).strip("\n")
