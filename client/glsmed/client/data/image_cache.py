"""The site's images as one memory-mapped tensor, decoded once and recognised by the content of their files.

``images-<size>px.npy`` holds ``(N, 1, S, S)`` uint8, ``images-<size>px.json`` the key of each row: the file's size,
time of change and SHA-256, or null for a file that could not be read. A start with unchanged files neither
reads nor hashes images; after a change only new content is decoded, wherever its file lies and whatever its name.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glsmed.client.data.images import PIPELINE_VERSION, read_image
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import ConfigurationError, DataError, Fault
from glsmed.shared.files.atomic import PRIVATE_FILE, atomic_replace, write_text
from glsmed.site_adapters.inputs.progress import track

_MOST_WORKERS = 16

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FileKey:
    """What distinguishes one version of a file from another."""

    path: str
    size: int
    changed_ns: int
    digest: str

    @classmethod
    def of(cls, path: Path, known: "FileKey | None") -> Self:
        """The key of the file as it stands; it is read only if it looks different from the known one.

        Raises:
            OSError: the file cannot be read.
        """
        stat = path.stat()
        digest = known.digest if known is not None and known.same_stat(stat) else _digest(path)
        return cls(str(path), stat.st_size, stat.st_ctime_ns, digest)

    def same_stat(self, stat: os.stat_result) -> bool:
        """Whether the file looks unchanged; the time of change is the inode's, which copying tools cannot set."""
        return (self.size, self.changed_ns) == (stat.st_size, stat.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What an earlier start left: a key for each row, and the rows."""

    keys: tuple[FileKey | None, ...] = ()
    tensor: Pixels | None = None
    by_path: Mapping[str, FileKey] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    def row(self, digest: str) -> Pixels | None:
        """The pixels of a file with this content, if it was decoded before."""
        row = self.rows.get(digest)
        return None if row is None or self.tensor is None else self.tensor[row, 0]


class ImageCache:
    """The cache of one image size in a site's state folder.

    Attributes:
        digests: SHA-256 of the file behind each row of the tensor that :meth:`load` returned last.
    """

    def __init__(self, state: StateFolder, *, size_px: int) -> None:
        self.digests: tuple[str, ...] = ()
        self._size_px = size_px
        self._tensor = state.image_tensor(size_px)
        self._index = state.image_index(size_px)

    def load(self, paths: Sequence[Path]) -> Tensor:
        """Images ``(N, 1, S, S)`` uint8 in the order of ``paths``, backed by the cache file.

        Raises:
            ConfigurationError: with every file that cannot be read; the others are kept for the next start.
            DataError: the cache cannot be written (a full disk).
        """
        if not paths:
            self.digests = ()
            return torch.zeros(self._shape(0), dtype=torch.uint8)
        stored = self._read()
        if not _is_current(paths, stored.keys):
            self._rebuild(paths, stored)
            stored = self._read()
        self.digests = tuple("" if key is None else key.digest for key in stored.keys)
        mapped = np.load(self._tensor, mmap_mode="c")
        return torch.from_numpy(mapped)

    def _read(self) -> _Stored:
        """The stored rows; none where there is no complete cache of this pipeline."""
        try:
            content = json.loads(self._index.read_text(encoding="utf-8"))
            tensor = np.load(self._tensor, mmap_mode="r")
            keys = tuple(None if row is None else FileKey(*row) for row in content["files"])
            usable = content["pipeline"] == PIPELINE_VERSION and tensor.shape == self._shape(len(keys))
        except (OSError, ValueError, TypeError, KeyError):
            return _Stored()  # none yet, or damaged: it is made again
        if not usable:
            return _Stored()
        by_path = {key.path: key for key in keys if key is not None}
        rows = {key.digest: row for row, key in enumerate(keys) if key is not None}
        return _Stored(keys, tensor, by_path, rows)

    def _shape(self, count: int) -> tuple[int, int, int, int]:
        return count, 1, self._size_px, self._size_px

    def _rebuild(self, paths: Sequence[Path], stored: _Stored) -> None:
        try:
            results = self._write_tensor(paths, stored)
            files = [None if isinstance(result, Fault) else astuple(result) for result in results]
            content = json.dumps({"pipeline": PIPELINE_VERSION, "files": files})
            write_text(self._index, content, mode=PRIVATE_FILE)
        except OSError as error:
            raise DataError(f"{self._tensor}: the image cache cannot be written: {error.strerror}") from None
        if faults := [result for result in results if isinstance(result, Fault)]:
            raise ConfigurationError(faults)

    def _write_tensor(self, paths: Sequence[Path], stored: _Stored) -> list[FileKey | Fault]:
        """Write every image into a file that replaces the cache once it is complete; a row that failed stays black."""
        results: list[FileKey | Fault] = []
        with atomic_replace(self._tensor) as temporary:
            target = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=self._shape(len(paths)))
            _reserve(temporary)
            with ThreadPoolExecutor(min(_MOST_WORKERS, os.cpu_count() or 1)) as pool:
                decoded = pool.map(lambda path: self._row(path, stored), paths)
                for row, result in enumerate(track(decoded, description="decoding images", total=len(paths))):
                    if isinstance(result, Fault):
                        results.append(result)
                    else:
                        target[row, 0], key = result
                        results.append(key)
            target.flush()
            self._index.unlink(missing_ok=True)  # an index must never describe another tensor
        return results

    def _row(self, path: Path, stored: _Stored) -> tuple[Pixels, FileKey] | Fault:
        try:
            key = FileKey.of(path, stored.by_path.get(str(path)))
            pixels = stored.row(key.digest)
            return read_image(path, size_px=self._size_px) if pixels is None else pixels, key
        except DataError as error:
            return Fault(str(path), str(error).removeprefix(f"{path}: "))
        except OSError as error:
            return Fault(str(path), f"cannot be read: {error.strerror}")


def _is_current(paths: Sequence[Path], keys: Sequence[FileKey | None]) -> bool:
    return len(paths) == len(keys) and all(
        key is not None and key.path == str(path) and _looks_unchanged(key, path)
        for key, path in zip(keys, paths, strict=True)
    )


def _looks_unchanged(key: FileKey, path: Path) -> bool:
    try:
        return key.same_stat(path.stat())
    except OSError:
        return False


def _reserve(path: Path) -> None:
    """Claim the file's blocks now: here a full disk is an error, while a write to the map would kill the process."""
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
