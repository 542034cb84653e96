"""The narrative of a CDA document (HL7 Clinical Document Architecture, R2): titles and texts of its sections."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

_START = re.compile(r"[\s\ufeff]*<(?:\?xml\b|(?:\w+:)?ClinicalDocument\b|[\w:]+\s[^<>]*\bxmlns\b)")
_XHTML = re.compile(r"<html\b", re.IGNORECASE)
_ENTITIES = re.compile(r"<!(?:DOCTYPE|ENTITY)")
_DECLARATION = re.compile(r"^[\s\ufeff]*<\?xml[^>]*\?>")
_LINES = frozenset(("paragraph", "br", "item", "tr", "caption", "list", "table"))
_WHITE_SPACE = re.compile(r"\s+")


def is_xml(text: str) -> bool:
    """Whether the text is XML other than XHTML."""
    return _START.match(text) is not None and _XHTML.search(text[:2000]) is None


def cda_to_text(text: str) -> str:
    """Each section's title on a line of its own, then its text.

    Raises:
        ValueError: it is not XML, not a CDA document, or has no narrative.
    """
    if _ENTITIES.search(text):
        raise ValueError("is XML with a document type of its own, which is not read: export the report as text")
    try:
        root = ElementTree.fromstring(_DECLARATION.sub("", text))  # noqa: S314  # entities are refused above
    except ElementTree.ParseError as error:
        raise ValueError(f"is XML that is broken in line {error.position[0]}") from None
    if _name(root) != "ClinicalDocument":
        raise ValueError(f"is XML of a kind that is not read here ({_name(root)}): export the report as text")
    lines = [line for section in root.iter() if _name(section) == "section" for line in _section_lines(section)]
    if not lines:
        raise ValueError("is a CDA document without text in its sections")
    return "\n".join(lines)


def _section_lines(section: ElementTree.Element) -> Iterator[str]:
    for part in section:
        if _name(part) == "title":
            yield f"{_WHITE_SPACE.sub(' ', ''.join(part.itertext())).strip().rstrip(':')}:"
        elif _name(part) == "text":
            narrative = "".join(_pieces(part))
            yield from (line for piece in narrative.split("\n") if (line := piece.strip()))


def _pieces(element: ElementTree.Element) -> Iterator[str]:
    breaks = _name(element) in _LINES
    yield "\n" if breaks else ""
    yield _WHITE_SPACE.sub(" ", element.text or "")
    for child in element:
        yield from _pieces(child)
        yield _WHITE_SPACE.sub(" ", child.tail or "")
    yield "\n" if breaks else " " if _name(element) in ("td", "th") else ""


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
