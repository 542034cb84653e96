"""Bytes of a table as text: the encoding is told by evidence, and a file that leaves doubt is refused."""

from glsmed.site_adapters.inputs.report_bytes.encodings import Decoded, decode

_SAMPLE_BYTES = 200_000  # enough evidence; weighing every character of a long table would take minutes
_STAND_IN = b"\x1a"


def decode_table(raw: bytes) -> Decoded:
    """The text without its byte order mark, and its encoding; stray NULs stay, so that their lines can be named.

    Raises:
        ValueError: no encoding fits, or several do and mean different text.
    """
    try:
        return _decode(raw)
    except ValueError:
        if b"\0" not in raw:
            raise
    decoded = _decode(raw.replace(b"\0", _STAND_IN))
    return Decoded(decoded.text.replace(_STAND_IN.decode(), "\0"), decoded.encoding)


def _decode(raw: bytes) -> Decoded:
    if len(raw) <= _SAMPLE_BYTES or b"\0" in raw or _is_utf_8(raw):
        return decode(raw)
    found = {decode(sample).encoding for sample in _samples(raw)}
    if len(found) > 1:
        raise ValueError(f"is in several encodings ({', '.join(sorted(found))}): save all of it as UTF-8")
    (encoding,) = found
    try:
        return Decoded(raw.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"begins as {encoding}, but byte {error.start} is not: save it as UTF-8") from None


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _samples(raw: bytes) -> tuple[bytes, bytes]:
    """Whole lines from the first one on that is not ASCII, and up to the last: what is ASCII tells nothing."""
    beyond = (_first_beyond_ascii(raw), len(raw) - _first_beyond_ascii(raw[::-1]))
    start = raw.rfind(b"\n", 0, beyond[0]) + 1
    end = raw.find(b"\n", beyond[1]) % (len(raw) + 1)
    return raw[start : _line_end(raw, start + _SAMPLE_BYTES)], raw[_line_end(raw, end - _SAMPLE_BYTES) : end]


def _first_beyond_ascii(raw: bytes) -> int:
    return len(raw) - len(raw.lstrip(bytes(range(128))))


def _line_end(raw: bytes, place: int) -> int:
    """The place after the line that holds this one."""
    found = raw.find(b"\n", max(0, place))
    return len(raw) if found < 0 else found + 1
