"""Text that was decoded wrongly once before: mended where that is certain, refused where characters are lost."""

import re

from glsmed.site_adapters.inputs.report_bytes.letters import japanese_score, western_score

_LOST = "\ufffd"
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_TRACES = re.compile("[ÂÃ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|ï¿½|ï»¿")
_JAPANESE_TRACES = re.compile("[縺繧繝]")
_MOST_JAPANESE_TRACES = 3
_NEVER_TWICE = 3  # text that went wrong more often than this is refused
_JAPANESE = 0.9
_WESTERN = 0.5
_FEW = 4  # characters; fewer are no evidence
_AGAIN = "export the report again as UTF-8"


def mend(text: str) -> tuple[str, str]:
    """The text as it was written and what was wrong with it; blank where nothing was.

    Raises:
        ValueError: characters are lost, or the text is garbled and what it was is not certain.
    """
    if text.isascii():
        return text, ""
    if _LOST in text:
        line = text.count("\n", 0, text.index(_LOST)) + 1
        raise ValueError(f"has lost characters (U+FFFD in line {line}): {_AGAIN}")
    mended, why = _undo(text)
    if _TRACES.search(mended) or len(_JAPANESE_TRACES.findall(mended)) >= _MOST_JAPANESE_TRACES:
        raise ValueError(f"holds UTF-8 that was read in another encoding, and not in all places alike: {_AGAIN}")
    if not why and (other := _japanese_within(mended)):
        raise ValueError(f"looks like {other} that was read as Latin-1: {_AGAIN}")
    if _C1.search(mended):
        return _C1.sub(lambda sign: _windows(sign.group()), mended), why or "Windows signs that were read as Latin-1"
    return mended, why


def _undo(text: str) -> tuple[str, str]:
    """UTF-8 that was read as Windows Latin or Shift JIS reads as UTF-8 again: no text does so by chance."""
    why = ""
    for _ in range(_NEVER_TWICE):
        for encoding, as_bytes in (("Latin-1", _latin_bytes), ("Shift JIS", _shift_jis_bytes)):
            try:
                text, why = as_bytes(text).decode("utf-8"), f"UTF-8 that was read as {encoding}"
                break
            except ValueError:
                continue
        else:
            break
        if text.isascii():
            break
    return text, why


def _latin_bytes(text: str) -> bytes:
    """The bytes that a program showed as this text, Windows Latin with Latin-1 where that has no character."""
    return b"".join(_latin_byte(sign) for sign in text)


def _latin_byte(sign: str) -> bytes:
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return sign.encode("latin-1")


def _shift_jis_bytes(text: str) -> bytes:
    return text.encode("cp932")


def _japanese_within(text: str) -> str:
    """The Japanese encoding that this text would be, if it was read as Latin-1; blank if it was not."""
    foreign = sum(not sign.isascii() for sign in text)
    if foreign < _FEW or western_score(text) >= _WESTERN:
        return ""
    try:
        raw = _latin_bytes(text)
    except UnicodeEncodeError:
        return ""
    for encoding in ("cp932", "euc_jp"):
        try:
            if japanese_score(raw.decode(encoding)) >= _JAPANESE:
                return encoding
        except UnicodeDecodeError:
            continue
    return ""


def _windows(sign: str) -> str:
    try:
        return sign.encode("latin-1").decode("cp1252")
    except UnicodeDecodeError:
        raise ValueError(f"holds the control character U+{ord(sign):04X}: {_AGAIN}") from None
