"""Attachments of FHIR: text out of Base64 data by its content type, or why there is none."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from glsmed.client.imports.reports.fhir.surroundings import Surroundings
from glsmed.site_adapters.inputs.report_text import ReportFormat, ReportText, read_report_text

_DATA_URL = re.compile(r"data:(?P<type>[^,]*?)(?P<base64>;base64)?,(?P<data>.*)", re.DOTALL)
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_BEST: Sequence[ReportFormat] = ("plain", "html", "rtf", "cda")
_NO_TEXT = re.compile(r"(?:image|audio|video)/.*|application/(?:pdf|dicom|msword|zip|vnd\..*)", re.IGNORECASE)


def may_be_text(attachment: Mapping[str, Any]) -> bool:
    """Whether an attachment does not call itself a PDF, an image or another document without plain text."""
    return _NO_TEXT.fullmatch(str(attachment.get("contentType") or "").split(";")[0].strip()) is None


def attached_text(attachments: Sequence[Mapping[str, Any]], around: Surroundings) -> ReportText:
    """The text of a report's attachments; of the same report in several formats, the plainest.

    Args:
        attachments: ``presentedForm`` of a DiagnosticReport.
        around: resources that urls may name.

    Raises:
        ValueError: none of them is text; says why for each.
    """
    texts: list[ReportText] = []
    reasons: list[str] = []
    for number, attachment in enumerate(attachments, 1):
        try:
            texts.append(_text(attachment, around, f"presentedForm {number}"))
        except ValueError as error:
            reasons.append(str(error))
    written = [text for text in texts if text.text.strip()]
    if not written:
        raise ValueError("; ".join(reasons) or "has an empty presentedForm")
    form = min((text.format for text in written), key=_BEST.index)
    distinct = {text.text.strip(): text for text in written if text.format == form}
    first = next(iter(distinct.values()))
    return ReportText("\n\n".join(distinct), first.encoding, form, first.mended)


def _text(attachment: Mapping[str, Any], around: Surroundings, name: str) -> ReportText:
    kind, raw = _content(attachment, around, name)
    if not may_be_text({"contentType": kind}):
        raise ValueError(f"{name} is {kind}, not text: export the report as text, HTML or RTF")
    charset = _CHARSET.search(kind)
    return read_report_text(raw, name=name, declared=charset.group(1) if charset else None)


def _content(attachment: Mapping[str, Any], around: Surroundings, name: str) -> tuple[str, bytes]:
    """Content type and bytes."""
    kind, url = str(attachment.get("contentType") or ""), str(attachment.get("url") or "")
    if data := attachment.get("data"):
        raw = _from_base64(str(data), name)
        _check_hash(raw, attachment.get("hash"), name)
        return kind, raw
    if match := _DATA_URL.fullmatch(url):
        raw = unquote_to_bytes(match["data"])
        return kind or match["type"], _from_base64(raw.decode("latin-1"), name) if match["base64"] else raw
    if (binary := around.document(url)) and binary.get("data"):
        return kind or str(binary.get("contentType") or ""), _from_base64(str(binary["data"]), name)
    raise ValueError(f"{name} has no data, only the address {url}" if url else f"{name} has neither data nor url")


def _from_base64(data: str, name: str) -> bytes:
    """The bytes of standard or URL-safe Base64."""
    packed = "".join(data.split()).translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(packed, validate=True)
    except binascii.Error:
        raise ValueError(f"{name} holds Base64 that is damaged or cut off") from None


def _check_hash(raw: bytes, expected: object, name: str) -> None:
    """FHIR's hash is SHA-1 in Base64; it guards against damage, not against people."""
    if expected and base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode() != expected:
        raise ValueError(f"{name} does not have the hash that it states: it is damaged")
