"""RTF as lines of text, with striprtf; what it leaves to its caller is done here."""

import re
from collections.abc import Callable

from striprtf.striprtf import rtf_to_text as untyped_rtf_to_text

_read_away: Callable[..., str] = untyped_rtf_to_text
_START = re.compile(rb"[\s\xef\xbb\xbf]*\{\\rtf")
_CODE_PAGE = re.compile(rb"\\ansicpg(\d+)")
_CHARACTER_SET = re.compile(rb"\\(ansi|mac|pca|pc)(?![a-z])")
_OLD_SETS = {b"ansi": "cp1252", b"mac": "mac_roman", b"pca": "cp850", b"pc": "cp437"}
_TWO_BYTE_PAGES = frozenset(("932", "936", "949", "950"))
_TWO_BYTE_FONT = re.compile(rb"\\fcharset(?:128|129|134|136)\b")
_BINARY = re.compile(rb"\\bin(\d+) ?")
_BYTES_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_HEX_AND_LETTER = re.compile(rb"((?:\\'[0-9a-fA-F]{2})+)([^\\{}\r\n])")
_BRACES = re.compile(rb"\\[\\{}]|[{}]")
_HEX = re.compile(rb"\\'([0-9a-fA-F]{2})")
_NOT_SHOWN = re.compile(rb"\\(?:deleted|v)(?![a-z0-9])")
_LEAD_BYTES = frozenset((*range(0x81, 0xA0), *range(0xE0, 0xFD)))


def is_rtf(raw: bytes) -> bool:
    """Whether the bytes begin as RTF does."""
    return _START.match(raw) is not None


def rtf_to_plain(raw: bytes) -> tuple[str, str]:
    """The text and the code page that it was in.

    Raises:
        ValueError: it is cut off, holds hidden or deleted text, or bytes that its code page does not have.
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf").strip(b"\0\r\n\t ")
    _refuse_what_cannot_be_read(raw)
    encoding = _encoding(raw)
    source = _only_ascii(raw)
    if _is_two_byte(raw):
        source = _HEX_AND_LETTER.sub(_letter_as_hex, source)
    try:
        text = _read_away(source.decode("ascii"), encoding=encoding, errors="strict")
    except (UnicodeDecodeError, LookupError):
        raise ValueError(f"is RTF with characters that its code page {encoding} does not have") from None
    return _whole_characters(text), encoding


def _refuse_what_cannot_be_read(raw: bytes) -> None:
    marks = [mark for mark in _BRACES.findall(_BINARY.sub(b"", raw)) if len(mark) == 1]
    if marks.count(b"{") > marks.count(b"}"):
        raise ValueError("is RTF that is cut off: a brace is not closed")
    if _NOT_SHOWN.search(raw):
        raise ValueError("is RTF with hidden or deleted text: accept or remove it, and export the report again")


def _encoding(raw: bytes) -> str:
    if page := _CODE_PAGE.search(raw):
        number = page.group(1).decode("ascii")
        return "utf-8" if number == "65001" else f"cp{number}"
    old = _CHARACTER_SET.search(raw)
    return _OLD_SETS[old.group(1)] if old else "cp1252"


def _is_two_byte(raw: bytes) -> bool:
    page = _CODE_PAGE.search(raw)
    return bool(page and page.group(1).decode() in _TWO_BYTE_PAGES) or _TWO_BYTE_FONT.search(raw) is not None


def _only_ascii(raw: bytes) -> bytes:
    """Bytes beyond ASCII as RTF writes them: as Unicode where they are UTF-8, else as bytes of the code page."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _BYTES_BEYOND_ASCII.sub(lambda match: b"".join(b"\\'%02x" % byte for byte in match.group()), raw)
    return "".join(sign if sign.isascii() else _as_unicode(sign) for sign in text).encode("ascii")


def _as_unicode(sign: str) -> str:
    units = sign.encode("utf-16-le")
    numbers = (int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2))
    return "{\\uc0" + "".join(f"\\u{number} " for number in numbers) + "}"


def _letter_as_hex(match: re.Match[bytes]) -> bytes:
    """Word writes the second byte of a Japanese character as a letter where it is one; striprtf expects hex."""
    codes = [int(code, 16) for code in _HEX.findall(match.group(1))]
    place = 0
    while place < len(codes):
        if codes[place] in _LEAD_BYTES and place + 1 == len(codes):
            return match.group(1) + b"\\'%02x" % match.group(2)[0]
        place += 2 if codes[place] in _LEAD_BYTES else 1
    return match.group()


def _whole_characters(text: str) -> str:
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise ValueError("is RTF with half a Unicode character") from None
