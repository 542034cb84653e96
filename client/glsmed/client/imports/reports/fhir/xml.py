"""Resources of FHIR in XML as its JSON would have them (R5, 2.1.1 and 2.1.2), as far as reports need it."""

import re
from typing import Any
from xml.etree import ElementTree as ET

FHIR_NAMESPACE = "http://hl7.org/fhir"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_NAMESPACE = f"{{{FHIR_NAMESPACE}}}"
_HOLDERS = ("resource", "contained")  # elements with a whole resource inside
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)")
_MARK = re.compile(rb"""<(?:\w+:)?[A-Z]\w+[^<>]*?xmlns(?::\w+)?=["']http://hl7\.org/fhir["']""")


def is_fhir_xml(start: bytes) -> bool:
    """Whether a file that begins like this holds a resource of FHIR."""
    return _MARK.search(start.replace(b"\0", b"")) is not None


def resource_from_xml(text: str) -> dict[str, Any]:
    """The resource as JSON would have it; what may repeat is a list only where it does.

    Raises:
        ValueError: in plain words; it is damaged, or declares entities, which FHIR forbids.
    """
    if _DOCTYPE.search(text):
        raise ValueError("declares a document type or entities, which FHIR does not allow")
    try:
        root = ET.fromstring(text)  # noqa: S314  # without entities, which are refused before
    except ET.ParseError as error:
        raise ValueError(f"is damaged XML: {error}") from None
    return _resource(root)


def _resource(element: ET.Element) -> dict[str, Any]:
    return {"resourceType": element.tag.removeprefix(_NAMESPACE), **_members(element)}


def _members(element: ET.Element) -> dict[str, Any]:
    members: dict[str, Any] = {key: element.attrib[key] for key in ("id", "url") if key in element.attrib}
    for child in element:
        name = child.tag.removeprefix(_NAMESPACE).removeprefix(_XHTML)
        value = _value(child)
        if name not in members:
            members[name] = value
        elif isinstance(members[name], list):
            members[name].append(value)
        else:
            members[name] = [members[name], value]
    return members


def _value(element: ET.Element) -> Any:
    """A resource, the XHTML of a narrative, a primitive's value, or an object."""
    if element.tag.startswith(_XHTML):
        for part in element.iter():
            part.tag = part.tag.removeprefix(_XHTML)
        return ET.tostring(element, encoding="unicode")
    if element.tag.removeprefix(_NAMESPACE) in _HOLDERS and len(element):
        return _resource(element[0])
    if "value" in element.attrib:
        return element.attrib["value"]
    return _members(element)
