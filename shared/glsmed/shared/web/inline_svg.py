"""Drawings of :mod:`glsmed.shared.pages.figures` in a served page, whose policy allows no style of an element's own."""

import re
from collections.abc import Iterator
from html import unescape
from xml.sax.saxutils import quoteattr

from markupsafe import Markup

_STYLE_BLOCK = re.compile(r"<style\b.*?</style>", re.DOTALL)
_STYLED = re.compile(r'<[^<>]*? style="([^"]*)"[^<>]*>')
_FONT = re.compile(r"(?P<size>[\d.]+px)\s+(?P<family>.+)")


def inline_svg(svg: str) -> Markup:
    """The drawing with each style as attributes of its element, which mean the same in SVG and need no leave.

    Args:
        svg: made by this program; it is put into the page as it is.
    """
    plain = _STYLED.sub(_with_attributes, _STYLE_BLOCK.sub("", svg))
    return Markup(plain.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1))  # noqa: S704  # ours


def _with_attributes(match: re.Match[str]) -> str:
    """A tag with its style as attributes, which go before those that it has."""
    tag = match[0].replace(f' style="{match[1]}"', "")
    said = dict(_declarations(unescape(match[1])))
    for name in said:
        tag = re.sub(rf' {re.escape(name)}="[^"]*"', "", tag)
    written = "".join(f" {name}={quoteattr(value)}" for name, value in said.items())
    name_end = re.match(r"<[\w:]+", tag)
    return tag if name_end is None else tag[: name_end.end()] + written + tag[name_end.end() :]


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    """Names and values; a font's shorthand, which is no attribute, as its parts."""
    for declaration in filter(None, map(str.strip, style.split(";"))):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font" and (font := _FONT.search(value)):
            yield "font-size", font["size"]
            yield "font-family", font["family"]
        elif name != "font":
            yield name, value
