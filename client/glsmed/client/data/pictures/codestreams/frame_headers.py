"""What a codestream says of itself in its headers, so that a damaged one is not decoded into gigabytes."""

from typing import NamedTuple

_START_OF_JPEG = b"\xff\xd8"
_START_OF_JPEG_2000 = b"\xff\x4f\xff\x51"
_TABLES = (0xC4, 0xC8, 0xCC)  # among the markers of frames, those that are none
_JPEG_LS = 0xF7
_ALONE = (0x01, *range(0xD0, 0xD9))  # markers without a length


class FrameHeader(NamedTuple):
    """The frame header (SOF) of a JPEG or JPEG-LS codestream.

    Attributes:
        marker: the second byte of its marker: 0xC0 is baseline.
        bits: of a sample.
        rows: of pixels.
        columns: of pixels.
    """

    marker: int
    bits: int
    rows: int
    columns: int


def codestream_size(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns of a JPEG, JPEG-LS or JPEG 2000 codestream; None where its headers do not say them.

    Source: ITU-T T.800, A.5.1 (JPEG 2000).
    """
    if frame.startswith(_START_OF_JPEG_2000):
        right, bottom, left, top = (int.from_bytes(frame[place : place + 4], "big") for place in (8, 12, 16, 20))
        return bottom - top, right - left
    header = frame_header(frame)
    return None if header is None else (header.rows, header.columns)


def frame_header(frame: bytes) -> FrameHeader | None:
    """The frame header; None where it is no JPEG, or has none.

    Source: ITU-T T.81, B.2.2 (JPEG) and T.87, C.2.2 (JPEG-LS).
    """
    place = len(_START_OF_JPEG) if frame.startswith(_START_OF_JPEG) else len(frame)
    while place + 9 <= len(frame) and frame[place] == 0xFF:
        marker = frame[place + 1]
        if marker == _JPEG_LS or (0xC0 <= marker <= 0xCF and marker not in _TABLES):
            sides = (int.from_bytes(frame[at : at + 2], "big") for at in (place + 5, place + 7))
            return FrameHeader(marker, frame[place + 4], *sides)
        if marker == 0xFF:  # a byte of filling
            place += 1
        elif marker in _ALONE:
            place += 2
        else:
            place += 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
    return None
