"""Files of FHIR taken apart into resources: JSON, one resource a line, or XML; Bundles unpacked."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from glsmed.client.imports.report_record import FoundReports, LeftOut
from glsmed.client.imports.reports.fhir.xml import is_fhir_xml, resource_from_xml
from glsmed.site_adapters.inputs.report_bytes.encodings import decode

Resource = Mapping[str, Any]


def is_fhir(raw: bytes) -> bool:
    """Whether the bytes begin as JSON does, or as XML of FHIR."""
    return is_fhir_xml(raw) or raw[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\r\n\t ")[:1] in (b"{", b"[")


def resources(path: Path, found: FoundReports) -> Iterator[tuple[str, Resource]]:
    """Every resource with its place or full URL: those of Bundles too.

    Raises:
        ValueError: the file is neither JSON nor XML, or its encoding is in doubt.
        OSError: it cannot be read.
    """
    for place, content in _documents(path, found):
        for number, each in enumerate(content if isinstance(content, list) else [content], 1):
            yield from _unpacked(f"{place}{number}", each)


def _documents(path: Path, found: FoundReports) -> Iterator[tuple[str, Any]]:
    raw = path.read_bytes()
    text = decode(raw).text.removeprefix("\ufeff")
    if is_fhir_xml(raw):
        yield "", resource_from_xml(text)
        return
    try:
        yield "", json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) == 1 or not _is_whole(lines[0][1]):
            raise ValueError(f"is not JSON: {error}") from None
        for number, line in lines:
            if _is_whole(line):
                yield f"line {number} ", json.loads(line)
            else:
                found.left_out.append(LeftOut(f"{path}:{number}", "is not JSON: it is cut off or damaged"))


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _unpacked(place: str, resource: Any) -> Iterator[tuple[str, Resource]]:
    if not isinstance(resource, dict):
        return
    if resource.get("resourceType") == "Bundle":
        for number, entry in enumerate(listed(resource, "entry"), 1):
            yield from _unpacked(str(entry.get("fullUrl") or f"{place}.{number}"), entry.get("resource"))
        return
    yield place, resource


def listed(resource: Mapping[str, Any], key: str) -> list[Any]:
    """A list of objects; a single object, which XML and loose senders write, counts as one; anything else goes."""
    value = resource.get(key)
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]
