"""Flower arrays whose bytes stay in files: a model on its way to the sites, and an update that came from one.

On the wire they are Flower's own ``Array``: a small object with dtype, shape and the ids of its parts, and parts of
5 MiB. A part's id is the SHA-256 of a header and its bytes.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flwr.app import Array, ArrayRecord
from flwr.app.message.arraychunk import ArrayChunk
from flwr.common.constant import FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE
from flwr.supercore.constant import HEAD_BODY_DIVIDER, HEAD_VALUE_DIVIDER
from flwr.supercore.inflatable.inflatable_object import InflatableObject

PART_BYTES = FLWR_PRIVATE_MAX_ARRAY_CHUNK_SIZE
_PIECE_BYTES = 2**20  # read at once


def part_header(nbytes: int) -> bytes:
    """What stands before the ``nbytes`` bytes of a part: its kind, no children, its length."""
    head = HEAD_VALUE_DIVIDER.join((ArrayChunk.__qualname__, "", str(nbytes)))
    return head.encode() + HEAD_BODY_DIVIDER


@dataclass(frozen=True, slots=True)
class Stretch:
    """``nbytes`` bytes of a file from ``offset`` on; they must not change while somebody refers to them."""

    path: Path
    offset: int
    nbytes: int

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to ``stop``, counted from the beginning of the stretch, in pieces of 1 MiB at most.

        Raises:
            OSError: the file cannot be read, or ends too early.
        """
        left = (self.nbytes if stop is None else min(stop, self.nbytes)) - start
        with self.path.open("rb") as source:
            source.seek(self.offset + start)
            while left > 0:
                piece = source.read(min(left, _PIECE_BYTES))
                if not piece:
                    raise OSError(f"{self.path} ends {left} bytes too early")
                left -= len(piece)
                yield piece

    def read_into(self, start: int, view: memoryview) -> None:
        """Fill ``view`` with the bytes from ``start`` on.

        Raises:
            OSError: the file cannot be read, or ends too early.
        """
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            while view:
                count = os.preadv(descriptor, [view], self.offset + start)
                if not count:
                    raise OSError(f"{self.path} ends {len(view)} bytes too early")
                start, view = start + count, view[count:]
        finally:
            os.close(descriptor)


class FilePart(ArrayChunk):
    """A part of a :class:`FileArray`; reads its bytes when they are asked for."""

    __qualname__ = ArrayChunk.__qualname__  # Flower writes it into the header

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self._id = ""

    def pieces(self) -> Iterator[bytes]:
        """The part as it is stored, header first."""
        yield part_header(self._stretch.nbytes)
        yield from self._stretch.pieces()

    def deflate(self) -> bytes:
        """The part as it is stored."""
        return b"".join(self.pieces())

    @property
    def data(self) -> memoryview:  # type: ignore[override]  # upstream's is an attribute
        """The part's bytes."""
        return memoryview(b"".join(self._stretch.pieces()))

    @property
    def object_id(self) -> str:
        """SHA-256 of the part as it is stored; computed once, without holding the part."""
        if not self._id:
            digest = hashlib.sha256()
            for piece in self.pieces():
                digest.update(piece)
            self._id = digest.hexdigest()
        return self._id


class FileArray(Array):
    """An array whose bytes are a stretch of a file.

    Args:
        path: the file; the stretch must not change while the array is in use.
        offset: where the stretch begins, in bytes.
        nbytes: its length.
        dtype: as upstream.
        shape: as upstream.
        stype: how the bytes are to be read, as upstream.
    """

    __qualname__ = Array.__qualname__  # Flower writes it into the header

    def __init__(  # what an array is, and where
        self, path: Path, *, offset: int, nbytes: int, dtype: str, shape: tuple[int, ...], stype: str
    ) -> None:
        self.dtype, self.shape, self.stype = dtype, shape, stype
        self._stretch = Stretch(path, offset, nbytes)

    @property
    def nbytes(self) -> int:
        """How many bytes the array has."""
        return self._stretch.nbytes

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from ``start`` to ``stop``."""
        return b"".join(self._stretch.pieces(start, stop))

    def read_into(self, start: int, view: memoryview) -> None:
        """Fill ``view`` with the bytes from ``start`` on.

        Raises:
            OSError: the file cannot be read.
        """
        self._stretch.read_into(start, view)

    @property
    def data(self) -> bytes:  # type: ignore[override]  # upstream's is an attribute
        """All bytes."""
        return self.read(0, self.nbytes)

    def slice_array(self) -> list[tuple[str, InflatableObject]]:
        """The parts and their ids; computed once."""
        if "_chunks" not in self.__dict__:
            whole = self._stretch
            parts = [
                FilePart(Stretch(whole.path, whole.offset + start, min(PART_BYTES, whole.nbytes - start)))
                for start in range(0, whole.nbytes, PART_BYTES)
            ]
            self.__dict__["_chunks"] = [(part.object_id, part) for part in parts]
        return cast("list[tuple[str, InflatableObject]]", self.__dict__["_chunks"])


class PartsArray(Array):
    """An array of a reply whose bytes are in part files, which :meth:`close` removes.

    Every part but the last holds exactly 5 MiB, and all begin with the header that Flower writes for their length.

    Args:
        parts: the files in order; one file may occur more than once.
        nbytes: how many bytes they hold together, without headers.
        dtype: as the site says; not checked.
        shape: as the site says; not checked.
        stype: as the site says; not checked.
    """

    __qualname__ = Array.__qualname__  # Flower writes it into the header

    def __init__(  # what an array is, and where
        self, parts: Sequence[Path], *, nbytes: int, dtype: str, shape: tuple[int, ...], stype: str
    ) -> None:
        self.dtype, self.shape, self.stype = dtype, shape, stype
        self._parts = tuple(parts)
        self._nbytes = nbytes

    @property
    def nbytes(self) -> int:
        """How many bytes the array has."""
        return self._nbytes

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from ``start`` to ``stop``.

        Raises:
            OSError: a part cannot be read.
        """
        stop = min(stop, self._nbytes)
        return b"".join(piece for number in self._parts_of(start, stop) for piece in self._pieces(number, start, stop))

    def read_into(self, start: int, view: memoryview) -> None:
        """Fill ``view`` with the bytes from ``start`` on.

        Raises:
            OSError: a part cannot be read.
        """
        for number in self._parts_of(start, start + len(view)):
            part, before = self._part(number), number * PART_BYTES
            own = view[: part.nbytes - max(0, start - before)]
            part.read_into(max(0, start - before), own)
            view = view[len(own) :]

    @property
    def data(self) -> bytes:  # type: ignore[override]  # upstream's is an attribute
        """All bytes."""
        return self.read(0, self._nbytes)

    def close(self) -> None:
        """Remove the part files, and their folder once it is empty."""
        for path in self._parts:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # other arrays of the reply are in there, or it has gone already
                path.parent.rmdir()

    @staticmethod
    def _parts_of(start: int, stop: int) -> range:
        return range(start // PART_BYTES, -(-stop // PART_BYTES)) if start < stop else range(0)

    def _pieces(self, number: int, start: int, stop: int) -> Iterator[bytes]:
        before = number * PART_BYTES
        return self._part(number).pieces(max(0, start - before), stop - before)

    def _part(self, number: int) -> Stretch:
        nbytes = min(PART_BYTES, self._nbytes - number * PART_BYTES)
        return Stretch(self._parts[number], len(part_header(nbytes)), nbytes)


def array_record(arrays: Mapping[str, Array]) -> ArrayRecord:
    """A record of the given arrays themselves; ``ArrayRecord(arrays)`` would read all of them into memory."""
    record = ArrayRecord()
    for name, array in arrays.items():
        record[name] = array
    return record


def part_size(path: Path) -> int:
    """How many bytes a stored part holds.

    Raises:
        ValueError: the file does not begin with the header of a part of its size.
    """
    size = path.stat().st_size
    with path.open("rb") as source:
        begin = source.read(len(part_header(size)))
    for digits in range(1, len(str(size)) + 1):
        nbytes = size - len(part_header(0)) + 1 - digits
        if nbytes >= 0 and len(str(nbytes)) == digits and begin.startswith(part_header(nbytes)):
            return nbytes
    raise ValueError(f"{path.name} is not a part of an array")
