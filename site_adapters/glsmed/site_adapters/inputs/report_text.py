"""One report from its bytes: the encoding found by evidence, markup read away, refused where there is doubt."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from glsmed.site_adapters.inputs.report_bytes.cda_text import cda_to_text, is_xml
from glsmed.site_adapters.inputs.report_bytes.encodings import Decoded, decode
from glsmed.site_adapters.inputs.report_bytes.hl7_escapes import resolve_hl7_escapes
from glsmed.site_adapters.inputs.report_bytes.html_text import html_to_text, is_html
from glsmed.site_adapters.inputs.report_bytes.mojibake import mend
from glsmed.site_adapters.inputs.report_bytes.rtf_text import is_rtf, rtf_to_plain
from glsmed.site_adapters.inputs.report_bytes.wrappings import refuse_wrapped

ReportFormat = Literal["plain", "html", "rtf", "cda"]

_OTHER_FILES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a Word document or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "a Word document of the old kind",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
}
_WRITTEN_BREAK = re.compile(r"(?:\\r)?\\n")
_DICOM_MARK = (128, b"DICM")
_HL7 = re.compile(r"[\x0b\ufeff\s]*(?:MSH[^\w\s]|(?:OBR|OBX|NTE)\|\d*\|)")
_FHIR = re.compile(r'[\ufeff\s]*\[?\s*\{[^{}]*"resourceType"')
_SHIFTED = re.compile(r"\x1b|\$[@B]")  # seen in ISO-2022-JP, also where its escape characters were lost
# What a text with something to be read away holds; two patterns, for a set of signs alone is searched for fast.
_UNREAD_SIGN = re.compile(r"[<&\x1b\\ÂÃâï縺繧繝$]")
_UNREAD = re.compile(r"[<&\x1b\\ÂÃâï縺繧繝]|\$[@B]")
_UNREAD_OPENING = re.compile(r"\s*(?:\{|\[|MSH|OBR|OBX|NTE)")
_SIGNS = str.maketrans(
    dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n")  # line ends
    | dict.fromkeys("\u00a0\u2007\u202f", " ")  # no-break spaces
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")  # invisible
)
_BLANK_LINES = re.compile(r"\n{3,}")
_AT_LINE_END = re.compile(r"[ \t]+\n")
_END_OF_FILE = "\x1a"  # DOS programs end a text file with it
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class ReportText:
    """A report as text.

    Attributes:
        text: lines end in a line feed; composed characters (NFC); no-break spaces are spaces.
        encoding: the encoding that the bytes were in, as Python names it.
        format: what was read away.
        mended: what was wrong with the characters and has been put right with certainty; blank where nothing was.
    """

    text: str
    encoding: str
    format: ReportFormat
    mended: str = ""


def read_report_text(raw: bytes, *, name: str, declared: str | None = None) -> ReportText:
    """The text of a report that a hospital's system wrote.

    Args:
        raw: the bytes as they are in the file or message.
        name: what the report is called in errors.
        declared: the encoding that the message around it names; evidence that counts unless the bytes contradict it.

    Raises:
        ValueError: in plain words; the encoding is in doubt, characters are lost, or this is no report.
    """
    try:
        _refuse_other_files(raw)
        if is_rtf(raw):
            text, encoding = rtf_to_plain(raw)
            return _finished(text, Decoded(text, encoding), "rtf")
        decoded = decode(raw, declared=declared)
        return plain_report(decoded.text, encoding=decoded.encoding)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def plain_report(text: str, *, encoding: str) -> ReportText:
    """A report whose characters are known already, out of a table or a message; markup in it is read away.

    Raises:
        ValueError: in plain words, without a name before them.
    """
    if text.lstrip().startswith("{\\rtf"):
        plain, _ = rtf_to_plain(text.lstrip().encode("utf-8", "surrogatepass"))
        return _finished(plain, Decoded(plain, encoding), "rtf")
    if ("$" in text or "\x1b" in text) and _SHIFTED.search(text) and text.isascii():
        text, encoding = (decoded := decode(text.encode())).text, decoded.encoding
    given = _with_line_breaks(text)
    _refuse_messages(given)
    text = resolve_hl7_escapes(given)
    decoded = Decoded(text, encoding)
    if is_xml(text):
        return _finished(cda_to_text(text), decoded, "cda")
    refuse_wrapped(text)
    mended, why = mend(text)
    why = why or ("escape sequences of HL7" if text != given else "")
    if is_html(mended):
        return _finished(html_to_text(mended), decoded, "html", why)
    return _finished(mended, decoded, "plain", why)


def report_as_given(text: str) -> str:
    """The same text, unless markup or escapes in it have to be read away: places in it hold for who gave it.

    Raises:
        ValueError: as :func:`plain_report`.
    """
    if not _is_unread(text):
        return text
    report = plain_report(text, encoding="utf-8")
    return text if report.format == "plain" and not report.mended and report.encoding == "utf-8" else report.text


def _is_unread(text: str) -> bool:
    """Whether anything in the text may have to be read away."""
    if _UNREAD_OPENING.match(text):
        return True
    return _UNREAD_SIGN.search(text) is not None and _UNREAD.search(text) is not None


def _refuse_messages(text: str) -> None:
    for begins, what in ((_HL7, "an HL7 v2 message"), (_FHIR, "a FHIR resource")):
        if begins.match(text):
            raise ValueError(f"is {what}, not the report alone: import it with glsmed-client import")


def _with_line_breaks(text: str) -> str:
    """Exports of databases write a line break as a backslash with a letter; there are no others then."""
    return text if "\n" in text or "\\n" not in text else _WRITTEN_BREAK.sub("\n", text)


def _finished(text: str, decoded: Decoded, form: ReportFormat, why: str = "") -> ReportText:
    mended, more = (text, "") if form == "plain" else mend(text)
    return ReportText(_tidy(mended), decoded.encoding, form, why or more)


def _refuse_other_files(raw: bytes) -> None:
    for mark, what in _OTHER_FILES.items() if raw.startswith(tuple(_OTHER_FILES)) else ():
        if raw.startswith(mark):
            raise ValueError(f"is {what}, not text: export the report as text, HTML or RTF")
    place, mark = _DICOM_MARK
    if raw[place : place + len(mark)] == mark:
        raise ValueError("is a DICOM file, not text: import it with glsmed-client import")


def _tidy(text: str) -> str:
    """The text with one kind of line end and of space.

    Raises:
        ValueError: it holds NULs or other control characters.
    """
    text = text.removesuffix(_END_OF_FILE).replace("\r\n", "\n")
    if not text.replace("\n", "").replace("\t", "").isprintable():  # else it has none of these signs
        text = _with_plain_signs(text)
    if " \n" in text or "\t\n" in text:
        text = _AT_LINE_END.sub("\n", text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _with_plain_signs(text: str) -> str:
    text = text.translate(_SIGNS)
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise ValueError(
            f"holds the control character U+{ord(control.group()):04X} in line {line}: export it again as UTF-8 text"
        )
    return text
