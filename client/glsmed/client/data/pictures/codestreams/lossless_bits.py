"""Whether lossless JPEG was decoded to its end: the pixels tell how many bits their codes have (ITU-T T.81, annex H).

Decoders pass over damage: from there on codes are read out of step, and the picture drifts or ends in grey. Then the
codes of what was decoded are not as long as the data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LOSSLESS = 0xC3
_TABLES, _SCAN, _RESTARTS = 0xC4, 0xDA, 0xDD
_ALONE = (0x01, 0xFF, *range(0xD0, 0xD9))  # markers without a length, and filling
_FOUND_BY_SIGN = 16  # the category without further bits
_BITS_PER_BYTE = 8
_PADDING_BITS = 16  # at most, behind the last code


@dataclass(frozen=True, slots=True)
class _Scan:
    """What the headers of a lossless JPEG say of its only scan.

    Attributes:
        lengths: of the code of each category, in bits.
        predictor: which neighbours foretell a pixel, 1 to 7.
        shift: low bits that were left away.
        bits: of a sample.
        data_bits: of the codes, without the zeros that are stuffed in.
    """

    lengths: Mapping[int, int]
    predictor: int
    shift: int
    bits: int
    data_bits: int


def is_decoded_whole(frame: bytes, pixels: NDArray[np.integer]) -> bool:
    """Whether the codes of the pixels ``(H, W)`` are as long as the data; True too where this cannot be told."""
    scan = _scan(frame)
    if scan is None or pixels.ndim != 2:  # rows and columns
        return True
    categories = np.bincount(_categories(pixels, scan).ravel(), minlength=_FOUND_BY_SIGN + 1)
    used = 0
    for category, count in enumerate(categories.tolist()):
        if count and category not in scan.lengths:
            return False
        further = 0 if category == _FOUND_BY_SIGN else category
        used += count * (scan.lengths.get(category, 0) + further)
    return 0 <= scan.data_bits - used < _PADDING_BITS


def _categories(pixels: NDArray[np.integer], scan: _Scan) -> NDArray[np.uint8]:
    """The category of each pixel's difference from what its neighbours foretell: the bits of its amount."""
    values = pixels.astype(np.int32) >> scan.shift
    differences = np.empty_like(values)
    differences[0, 0] = values[0, 0] - (1 << (scan.bits - scan.shift - 1))
    differences[0, 1:] = values[0, 1:] - values[0, :-1]
    differences[1:, 0] = values[1:, 0] - values[:-1, 0]
    differences[1:, 1:] = values[1:, 1:] - _foretold(values, scan.predictor)
    amounts = np.abs(differences.astype(np.int16).astype(np.int32))  # differences are known modulo 65536
    return _BITS_OF[amounts]


def _foretold(values: NDArray[np.int32], predictor: int) -> NDArray[np.int32]:
    """Table H.1, for all pixels but those of the first row and column."""
    left, above, corner = values[1:, :-1], values[:-1, 1:], values[:-1, :-1]
    if predictor <= 3:  # one neighbour
        return (left, above, corner)[predictor - 1]
    if predictor == 4:  # a plane through three
        return left + above - corner
    if predictor == 5:  # likewise, half as steep
        return left + ((above - corner) >> 1)
    return above + ((left - corner) >> 1) if predictor == 6 else (left + above) >> 1  # likewise


_BITS_OF = np.array([amount.bit_length() for amount in range((1 << 15) + 1)], np.uint8)


def _scan(frame: bytes) -> _Scan | None:
    """The scan of a lossless JPEG with one component and no restarts; None for any other."""
    bits = 0
    tables: dict[int, Mapping[int, int]] = {}
    for marker, place, length in _segments(frame):
        body = frame[place + 2 : place + length]
        if marker == _TABLES:
            tables.update(_code_lengths(body))
        elif 0xC0 <= marker <= 0xCF:
            if marker != _LOSSLESS:
                return None
            bits = body[0]
        elif marker == _RESTARTS and any(body):
            return None
        elif marker == _SCAN:
            table = tables.get(body[2] >> 4) if body[0] == 1 else None
            if table is None or not bits or not 1 <= body[3] <= 7:  # predictors
                return None
            return _Scan(table, body[3], body[5] & 15, bits, _data_bits(frame[place + length :]))
    return None


def _segments(frame: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, place of its length, and length of each segment up to the first scan."""
    place = 2
    while place + 4 <= len(frame) and frame[place] == 0xFF:
        marker = frame[place + 1]
        if marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(frame[place + 2 : place + 4], "big")
        if place + 2 + length > len(frame):
            return
        yield marker, place + 2, length
        if marker == _SCAN:
            return
        place += 2 + length


def _code_lengths(body: bytes) -> Iterator[tuple[int, Mapping[int, int]]]:
    """Number and code lengths by category of each table for lossless coding (B.2.4.2)."""
    while len(body) > 17:  # its number and sixteen counts
        counts = body[1:17]
        values = body[17 : 17 + sum(counts)]
        lengths = [length for length, count in enumerate(counts, 1) for _ in range(count)]
        if body[0] >> 4 == 0:
            yield body[0] & 15, dict(zip(values, lengths, strict=False))
        body = body[17 + sum(counts) :]


def _data_bits(data: bytes) -> int:
    """Bits of the codes up to the next marker."""
    end = 0
    while (end := data.find(b"\xff", end)) >= 0 and data[end + 1 : end + 2] == b"\0":
        end += 2
    coded = data if end < 0 else data[:end]
    return _BITS_PER_BYTE * (len(coded) - coded.count(b"\xff\0"))
