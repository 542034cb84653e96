import struct
import zlib

import pytest

from glsmed.client.data.pictures.codestreams.png import is_png, refuse_damaged_png
from glsmed.shared.errors import DataError

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes, *, wrong: int = 0) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) ^ wrong)


WHOLE = SIGNATURE + chunk(b"IHDR", b"x" * 13) + chunk(b"IDAT", b"data") + chunk(b"IEND", b"")


def test_a_whole_file_passes() -> None:
    assert is_png(WHOLE)
    refuse_damaged_png(WHOLE)


def test_what_stands_behind_the_end_is_no_matter() -> None:
    refuse_damaged_png(WHOLE + b"more")


def test_a_wrong_checksum_counts_only_where_the_picture_needs_the_chunk() -> None:
    refuse_damaged_png(WHOLE.replace(chunk(b"IDAT", b"data"), chunk(b"tEXt", b"a", wrong=1) + chunk(b"IDAT", b"data")))
    with pytest.raises(DataError, match="chunk IDAT at byte 33"):
        refuse_damaged_png(WHOLE.replace(chunk(b"IDAT", b"data"), chunk(b"IDAT", b"data", wrong=1)))


@pytest.mark.parametrize("cut", [5, 12, 20, 40])
def test_a_file_that_ends_early_is_named(cut: int) -> None:
    with pytest.raises(DataError, match="end early"):
        refuse_damaged_png(WHOLE[:-cut])
