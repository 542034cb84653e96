"""Which encoding bytes are in: marks and escapes first, then validity, then how each reading would look."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from glsmed.site_adapters.inputs.report_bytes.iso_2022 import decode_iso_2022_jp, has_escapes, lost_its_escapes
from glsmed.site_adapters.inputs.report_bytes.letters import euc_score, japanese_score, kana_score, western_score

_MARKS = (  # those of UTF-32 begin like those of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SCORES: Mapping[str, Callable[[str], float]] = {
    "cp1252": western_score,
    "cp932": japanese_score,
    "euc_jp": euc_score,
    "utf-16-le": kana_score,
    "utf-16-be": kana_score,
    "cp850": western_score,
    "mac_roman": western_score,
}
_LATIN = "cp1252"
_JAPANESE = frozenset({"cp932", "euc_jp", "utf-16-le", "utf-16-be"})
_SELDOM = frozenset({"cp850", "mac_roman"})  # never taken; raise doubt only where they read better
_ONLY_WINDOWS = re.compile(rb"[\x80-\x9f]")
_SURE = 0.95
_RIVAL = 0.85
_PLAUSIBLE = 0.5
_NAMES = {"cp932": "cp932 (Shift JIS)", "cp1252": "cp1252 (Windows Latin)", "cp850": "cp850 (DOS)"}
_CONVERT = "find out which it is and save it as UTF-8"
_SEVEN_BIT = (b"\0", b"\x1b", b"$")  # beside ASCII: UTF-16 and UTF-32, and ISO-2022-JP with or without its escapes
_UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_MOSTLY = 0.5
_FEW = 4  # characters, which may be valid in a wrong encoding
_BEGUN = (b"\xc2", b"\xc3")  # begin an accented letter in UTF-8, and end no word of Latin-1 but in capitals
_DECLARATION = re.compile(rb"<\?xml[^>]*encoding=[\"']([\w.:-]+)|<meta[^>]*charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_MEANT_BY = {"shift_jis": "cp932", "iso8859-1": "cp1252", "ascii": "cp1252"}  # what declarations are used for
_WIDTHS = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and the encoding that its bytes were in."""

    text: str
    encoding: str


def decode(raw: bytes, *, declared: str | None = None) -> Decoded:
    """The text in the one encoding that the evidence allows.

    Args:
        raw: the bytes of one text.
        declared: an encoding that is named elsewhere, as Python knows it; used where the bytes alone leave a choice.

    Raises:
        ValueError: the bytes are damaged, or several encodings are possible; says which, and what to do.
    """
    if raw.isascii() and not any(sign in raw for sign in _SEVEN_BIT):
        return Decoded(raw.decode("ascii"), "utf-8")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decode_marked(raw[len(mark) :], encoding)
    if b"\0" in raw:
        return _decode_with_nuls(raw)
    if has_escapes(raw):
        return Decoded(decode_iso_2022_jp(raw), "iso-2022-jp")
    if lost_its_escapes(raw):
        raise ValueError("looks like ISO-2022-JP whose escape characters were taken out: export it again as UTF-8")
    if (text := _decoded(raw, "utf-8")) is not None:
        _refuse_chance(raw, text)
        return Decoded(text, "utf-8")
    return _decode_declared(raw, declared or _declaration(raw)) or _decode_by_looks(raw)


def _decode_marked(raw: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(raw.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"has the mark of {encoding.upper()} but is damaged at byte {error.start}: export it again"
        ) from None


def _decode_with_nuls(raw: bytes) -> Decoded:
    """UTF-16 or UTF-32 without a mark: the reading that has letters of one script and no control characters."""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        if len(raw) % _WIDTHS[encoding] == 0 and (text := _decoded(raw, encoding)) and _is_plain_writing(text):
            return Decoded(text, encoding)
    raise ValueError("holds NUL bytes and is not UTF-16 or UTF-32 either: it is damaged, or not text")


def _is_plain_writing(text: str) -> bool:
    """Whether there is no control character, and most characters are Western or everyday Japanese."""
    if any(sign < " " and sign not in "\t\r\n\x0b\x0c" for sign in text):
        return False
    ascii_signs = sum(map(str.isascii, text))
    foreign = len(text) - ascii_signs
    looks = max(western_score(text), japanese_score(text))
    return (ascii_signs + foreign * looks) / len(text) >= _SURE if foreign else True


def _refuse_chance(raw: bytes, text: str) -> None:
    """A few kanji of EUC-JP may be valid UTF-8 by chance, as letters that no report has."""
    if text.isascii() or sum(not sign.isascii() for sign in text) > _FEW:
        return
    composed = unicodedata.normalize("NFC", text)
    if max(western_score(composed), japanese_score(composed)) < _PLAUSIBLE:
        other = _decoded(raw, "euc_jp")
        if other is not None and euc_score(other) >= _PLAUSIBLE:
            raise ValueError(_doubt(raw, ["utf-8", "euc_jp"]).replace("is not UTF-8, and its", "may be UTF-8, but its"))


def _refuse_broken_utf_8(raw: bytes, *, least: float) -> None:
    """UTF-8 that is cut or mixed with another encoding would still read as Latin-1, as nonsense.

    Args:
        raw: bytes that are not UTF-8 as a whole.
        least: the share of the bytes beyond ASCII that has to be UTF-8 for this to be the trouble.
    """
    sequences = sum(map(len, _UTF_8_SEQUENCE.findall(raw)))
    if sequences > least * len(_BEYOND_ASCII.findall(raw)) or raw[-1:] in _BEGUN:
        raise ValueError(
            "is UTF-8 in parts only: it is cut off, or mixes UTF-8 with another encoding; export it again as UTF-8"
        )


def _declaration(raw: bytes) -> str | None:
    """The encoding that an XML or HTML head names."""
    match = _DECLARATION.search(raw[:2000])
    return (match.group(1) or match.group(2)).decode("ascii") if match else None


def _decode_declared(raw: bytes, declared: str | None) -> Decoded | None:
    """The text in the declared encoding; None where none is declared or the bytes do not fit it."""
    if declared is None:
        return None
    try:
        encoding = codecs.lookup(declared).name
    except LookupError:
        raise ValueError(f"declares the unknown encoding {declared!r}: {_CONVERT}") from None
    encoding = _MEANT_BY.get(encoding, encoding)
    text = _decoded(raw, encoding)
    if text is None:
        raise ValueError(f"declares the encoding {declared} but is not in it: {_CONVERT}")
    score = japanese_score if encoding in ("cp932", "euc_jp") else western_score
    if encoding in _SCORES and score(text) < _PLAUSIBLE:
        raise ValueError(f"declares the encoding {declared} but does not read as it: {_CONVERT}")
    return Decoded(text, encoding)


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _decode_by_looks(raw: bytes) -> Decoded:
    readings = sorted(_readings(raw), key=lambda reading: -reading[0])
    if readings and readings[0][0] >= _SURE:
        decoded = readings[0][1]
        rivals = {other.encoding for score, other in readings if score >= _RIVAL and other.text != decoded.text}
        if decoded.encoding == _LATIN and not rivals - _SELDOM:
            _refuse_broken_utf_8(raw, least=0)
            return Decoded(decoded.text, _LATIN if _ONLY_WINDOWS.search(raw) else "latin-1")
        if decoded.encoding in _JAPANESE and not rivals:
            return decoded
    else:
        _refuse_broken_utf_8(raw, least=_MOSTLY)
    raise ValueError(_doubt(raw, [other.encoding for score, other in readings if score >= _PLAUSIBLE]))


def _doubt(raw: bytes, encodings: list[str]) -> str:
    place = _BEYOND_ASCII.search(raw)
    named = " or ".join(_NAMES.get(encoding, encoding) for encoding in encodings)
    return (
        f"is not UTF-8, and its encoding is in doubt (first seen at byte {place.start() if place else 0}): "
        f"it could be {named or 'none of those that are known here'}; {_CONVERT}"
    )


def _readings(raw: bytes) -> Iterator[tuple[float, Decoded]]:
    for encoding, score in _SCORES.items():
        if len(raw) % _WIDTHS.get(encoding, 1) == 0 and (text := _decoded(raw, encoding)) is not None:
            yield score(text), Decoded(text, encoding)
