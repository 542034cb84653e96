"""Drawings of :mod:`glsmed.shared.pages.figures` in a served page, whose policy allows no style of an element's own."""

import re
from html import unescape
from xml.sax.saxutils import quoteattr

from markupsafe import Markup

_STYLE_BLOCK = re.compile(r"<style\b.*?</style>", re.DOTALL)
_STYLE = re.compile(r' style="([^"]*)"')
_FONT = re.compile(r"(?P<size>[\d.]+px)\s+(?P<family>.+)")


def inline_svg(svg: str) -> Markup:
    """The drawing with each style as attributes of its element, which mean the same in SVG and need no leave.

    Args:
        svg: made by this program; it is put into the page as it is.
    """
    plain = _STYLE.sub(lambda match: _attributes(match[1]), _STYLE_BLOCK.sub("", svg))
    return Markup(plain.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1))  # noqa: S704  # ours


def _attributes(style: str) -> str:
    """Declarations as attributes; a font's shorthand, which is none, as its parts."""
    written = []
    for declaration in filter(None, map(str.strip, unescape(style).split(";"))):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font" and (font := _FONT.search(value)):
            written += [("font-size", font["size"]), ("font-family", font["family"])]
        elif name != "font":
            written.append((name, value))
    return "".join(f" {name}={quoteattr(value)}" for name, value in written)
