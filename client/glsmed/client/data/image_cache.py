"""The site's images as one memory-mapped tensor, decoded once and recognised by the content of their files.

``images-<size>px.npy`` holds ``(M, 1, S, S)`` uint8, ``images-<size>px.json`` for each image that was asked for the
file's size, time of change and SHA-256, and why it cannot be read where it has no row. A start with unchanged files
neither reads nor hashes images; after a change only new content is decoded, wherever its file lies and whatever its
name. A start that is killed leaves what it decoded to the next one.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from glsmed.client.data.cache.file_keys import FileKey, Outcome, Unreadable, is_current
from glsmed.client.data.cache.partial_rows import PartialRows, Pixels, take_partial
from glsmed.client.data.cache.stored_rows import StoredRows, index_text, read_stored
from glsmed.client.data.images import PIPELINE_VERSION, read_image
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError, Fault
from glsmed.shared.files.atomic import PRIVATE_FILE, remove_leftovers, write_text
from glsmed.site_adapters.inputs.progress import track

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_MOST_WORKERS = 16
_AHEAD = 2  # images per worker that may wait for their turn: small squares, so that memory does not grow with a site


@dataclass(frozen=True, slots=True)
class CachedImages:
    """The images of a list of paths.

    Attributes:
        tensor: ``(M, 1, S, S)`` uint8: a row for each path that could be read, in order; backed by the cache file.
        digests: SHA-256 of the file behind each row.
        unreadable: what is wrong with each of the other paths, by its place in the list.
    """

    tensor: Tensor
    digests: tuple[str, ...]
    unreadable: Mapping[int, Fault]


class ImageCache:
    """The cache of one image size in a site's state folder; one process at a time may use it.

    Args:
        state: where it lies.
        size_px: side of an image.
        clahe: as in :func:`read_image`.
    """

    def __init__(self, state: StateFolder, *, size_px: int, clahe: bool = False) -> None:
        self._size_px = size_px
        self._clahe = clahe
        self._tensor = state.image_tensor(size_px)
        self._index = state.image_index(size_px)
        self._recipe = (PIPELINE_VERSION, clahe)

    def load(self, paths: Sequence[Path]) -> CachedImages:
        """The images in the order of ``paths``, and what is wrong with those that cannot be read.

        Raises:
            DataError: the cache cannot be written (a full disk).
        """
        if not paths:
            return CachedImages(torch.zeros((0, 1, self._size_px, self._size_px), dtype=torch.uint8), (), {})
        stored = self._read()
        if len(paths) != len(stored.outcomes) or not all(map(is_current, paths, stored.outcomes)):
            self._rebuild(paths, stored)
            stored = self._read()
        unreadable = {
            place: Fault(outcome.path, outcome.reason)
            for place, outcome in enumerate(stored.outcomes)
            if isinstance(outcome, Unreadable)
        }
        digests = tuple(outcome.digest for outcome in stored.outcomes if isinstance(outcome, FileKey))
        return CachedImages(self._mapped(len(digests)), digests, unreadable)

    def _mapped(self, rows: int) -> Tensor:
        if rows == 0:  # nothing can be mapped
            return torch.zeros((0, 1, self._size_px, self._size_px), dtype=torch.uint8)
        return torch.from_numpy(np.load(self._tensor, mmap_mode="c"))

    def _read(self) -> StoredRows:
        return read_stored(self._tensor, self._index, recipe=self._recipe, size_px=self._size_px)

    def _rebuild(self, paths: Sequence[Path], stored: StoredRows) -> None:
        partial = take_partial(self._tensor, recipe=self._recipe, size_px=self._size_px)
        try:
            for path in (self._tensor, self._index):
                remove_leftovers(path)
            outcomes = self._write_tensor(paths, (partial, stored))
            write_text(self._index, index_text(outcomes, recipe=self._recipe), mode=PRIVATE_FILE)
        except OSError as error:
            raise DataError(f"{self._tensor}: the image cache cannot be written: {error.strerror}") from None

    def _write_tensor(self, paths: Sequence[Path], known: Sequence[StoredRows]) -> list[Outcome]:
        """Write every image into a file that replaces the cache once it is complete."""
        self._tensor.parent.mkdir(parents=True, exist_ok=True)
        outcomes: list[Outcome] = []
        workers = min(_MOST_WORKERS, os.cpu_count() or 1)
        shape = (len(paths), 1, self._size_px, self._size_px)
        with (
            PartialRows.opened(self._tensor, shape, self._recipe) as rows,
            ThreadPoolExecutor(workers) as pool,
        ):
            decoded = _in_order(pool, lambda path: self._row(path, known), paths, ahead=_AHEAD * workers)
            for outcome, pixels in track(decoded, description="decoding images", total=len(paths)):
                rows.append(outcome, pixels)
                outcomes.append(outcome)
            self._index.unlink(missing_ok=True)  # an index must never describe another tensor
            rows.finish(self._tensor)
        return outcomes

    def _row(self, path: Path, known: Sequence[StoredRows]) -> tuple[Outcome, Pixels | None]:
        try:
            before = next((rows.keys[str(path)] for rows in known if str(path) in rows.keys), None)
            key, content = FileKey.read(path, before)
        except OSError as error:
            return Unreadable(str(path), f"cannot be read: {error.strerror}"), None
        for rows in known:
            if (pixels := rows.row(key.digest)) is not None:
                return key, pixels
            if (failure := rows.failures.get(key.digest)) is not None:
                return Unreadable(str(path), failure.reason, key), None
        try:
            return key, read_image(path, size_px=self._size_px, clahe=self._clahe, content=content)
        except DataError as error:
            return Unreadable(str(path), str(error).removeprefix(f"{path}: "), key), None


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[ItemT], ResultT], items: Iterable[ItemT], *, ahead: int
) -> Iterator[ResultT]:
    """The results in the order of the items; no more than ``ahead`` of them are begun and not yet taken."""
    waiting: deque[Future[ResultT]] = deque()
    source = iter(items)
    for item in islice(source, ahead):
        waiting.append(pool.submit(work, item))
    while waiting:
        yield waiting.popleft().result()
        for item in islice(source, 1):
            waiting.append(pool.submit(work, item))
