"""Rows that were decoded before a start was killed: a tensor that is being filled, and a journal beside it.

Each line of the journal names a row that is complete, with the checksum of its pixels: after a power failure the disk
may hold the line and not the pixels.
"""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from glsmed.client.data.cache.file_keys import FileKey, Outcome
from glsmed.client.data.cache.stored_rows import StoredRows, entry_of, outcome_of
from glsmed.shared.files.atomic import PRIVATE_FILE

Pixels = NDArray[np.uint8]


class PartialRows:
    """The rows of one start, in the order in which they are decoded; only one process may have it.

    Args:
        tensor: the finished tensor's file, beside which the unfinished one lies.
        shape: ``(N, 1, S, S)`` with a row for every image that is asked for.
        recipe: as in :func:`read_stored`.
    """

    def __init__(self, tensor: Path, shape: tuple[int, int, int, int], recipe: Sequence[object]) -> None:
        self.path, self._journal_path = partial_files(tensor)
        self._target: Pixels = np.lib.format.open_memmap(self.path, mode="w+", dtype=np.uint8, shape=shape)
        self.path.chmod(PRIVATE_FILE)
        _reserve(self.path)
        self._journal = os.open(self._journal_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        self._note({"recipe": list(recipe)})
        self._filled = 0

    @classmethod
    @contextmanager
    def opened(cls, tensor: Path, shape: tuple[int, int, int, int], recipe: Sequence[object]) -> Iterator[Self]:
        """A new partial tensor whose files stay where the block ends early, for the next start.

        Raises:
            OSError: it cannot be written.
        """
        try:
            rows = cls(tensor, shape, recipe)
        except OSError:
            for path in partial_files(tensor):
                path.unlink(missing_ok=True)
            raise
        try:
            yield rows
        finally:
            os.close(rows._journal)

    def append(self, outcome: Outcome, pixels: Pixels | None) -> None:
        """Write the next row, or note that a file has none."""
        checksum = 0
        if pixels is not None:
            self._target[self._filled, 0] = pixels
            checksum = zlib.crc32(pixels.tobytes())
            self._filled += 1
        self._note([entry_of(outcome), checksum])

    def finish(self, tensor: Path) -> None:
        """Cut the tensor to the rows that it has, and put it in place of the finished one.

        Raises:
            OSError: the disk is full.
        """
        shape = (self._filled, *self._target.shape[1:])
        self._target.flush()  # type: ignore[attr-defined]  # a memory map
        del self._target
        _cut(self.path, shape)
        with self.path.open("rb") as written:
            os.fsync(written.fileno())
        self.path.replace(tensor)
        self._journal_path.unlink(missing_ok=True)

    def _note(self, entry: object) -> None:
        os.write(self._journal, json.dumps(entry).encode() + b"\n")


def partial_files(tensor: Path) -> tuple[Path, Path]:
    """The unfinished tensor and its journal."""
    return tensor.with_suffix(".part.npy"), tensor.with_suffix(".part.jsonl")


def take_partial(tensor: Path, *, recipe: Sequence[object], size_px: int) -> StoredRows:
    """What a killed start had decoded; its files are gone afterwards, while the rows can still be read."""
    files = partial_files(tensor)
    try:
        return _read_partial(*files, recipe=recipe, size_px=size_px)
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return StoredRows()  # none, or too damaged to be of use: decoded again
    finally:
        for path in files:
            path.unlink(missing_ok=True)  # a mapped file lives on until nobody looks at it


def _read_partial(path: Path, journal: Path, *, recipe: Sequence[object], size_px: int) -> StoredRows:
    first, *lines = journal.read_bytes().split(b"\n")
    tensor = np.load(path, mmap_mode="r")
    if json.loads(first) != {"recipe": list(recipe)} or tensor.shape[1:] != (1, size_px, size_px):
        return StoredRows()
    outcomes: list[Outcome] = []
    rows = 0
    for line in lines[:-1]:  # what follows the last line break was cut off
        entry, checksum = json.loads(line)
        outcome = outcome_of(entry)
        if isinstance(outcome, FileKey):
            whole = zlib.crc32(tensor[rows, 0].tobytes()) == checksum
            rows += 1
            if not whole:  # its place in the tensor counts, its pixels do not
                outcome = FileKey(outcome.path, -1, -1, "")
        outcomes.append(outcome)
    return StoredRows.of(outcomes, tensor)


def _cut(path: Path, shape: tuple[int, ...]) -> None:
    """Give the file of a tensor fewer rows: its header has room for any number of them."""
    with path.open("r+b") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        start = file.tell()
        file.seek(0)
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        if file.tell() != start:
            raise OSError("the header of the tensor changed its length")
        file.truncate(start + int(np.prod(shape)))


def _reserve(path: Path) -> None:
    """Claim the file's blocks now: here a full disk is an error, while a write to the map would kill the process."""
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
