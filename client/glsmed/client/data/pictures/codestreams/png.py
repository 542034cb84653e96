"""Whether a PNG file is what its checksums say; decoders look at those of the header only."""

import struct
import zlib

from glsmed.shared.errors import DataError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND = 12  # bytes of a chunk beside its data: length, name and checksum
_CRITICAL = range(ord("A"), ord("Z") + 1)  # first letters of names; damage to others does not change the picture
_END = b"IEND"


def is_png(raw: bytes) -> bool:
    """Whether a file begins as PNG does."""
    return raw.startswith(_SIGNATURE)


def refuse_damaged_png(raw: bytes) -> None:
    """Raise where a chunk that the picture needs differs from its checksum, or the file ends early.

    Source: PNG (W3C, third edition), 5.3 and 5.5.

    Raises:
        DataError: says which chunk.
    """
    place = len(_SIGNATURE)
    while place + _AROUND <= len(raw):
        (length,) = struct.unpack_from(">I", raw, place)
        name, end = raw[place + 4 : place + 8], place + _AROUND + length
        if end > len(raw):
            break
        (expected,) = struct.unpack_from(">I", raw, end - 4)
        if name[0] in _CRITICAL and zlib.crc32(memoryview(raw)[place + 4 : end - 4]) != expected:
            chunk = name.decode("ascii", "replace")
            raise DataError(f"cannot be read: its PNG data are damaged (checksum of the chunk {chunk} at byte {place})")
        if name == _END:
            return
        place = end
    raise DataError("cannot be read: its PNG data end early: was the file copied whole?")
