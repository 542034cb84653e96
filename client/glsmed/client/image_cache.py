"""Decoded once: the site's images as one memory-mapped tensor, kept by the content of the files.

``images-<size>px.npy`` holds ``(N, 1, S, S)`` uint8, ``images-<size>px.json`` the key of each row: the file's size,
time of change and SHA-256. A start with unchanged files reads neither images nor hashes; only changed files are
decoded again.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glsmed.client.images import PIPELINE_VERSION, read_image
from glsmed.shared.atomic import replacing, write_text
from glsmed.shared.errors import ConfigurationError, DataError, Fault
from glsmed.shared.progress import track

_WORKERS = 4
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileKey:
    """What tells one version of a file from another."""

    path: str
    size: int
    changed_ns: int
    digest: str

    def same_stat(self, path: Path) -> bool:
        """Whether the file looks unchanged without reading it."""
        stat = path.stat()
        return (self.path, self.size, self.changed_ns) == (str(path), stat.st_size, stat.st_mtime_ns)


class ImageCache:
    """The cache of one image size in a site's state folder."""

    def __init__(self, folder: Path, *, size_px: int) -> None:
        self._size_px = size_px
        self._tensor = folder / f"images-{size_px}px.npy"
        self._index = folder / f"images-{size_px}px.json"

    def load(self, paths: Sequence[Path]) -> Tensor:
        """Images ``(N, 1, S, S)`` uint8 in the order of ``paths``, backed by the cache file.

        Raises:
            ConfigurationError: with every file that cannot be read.
            DataError: the cache cannot be written (a full disk).
        """
        known = self._read_index()
        keys = [known.get(str(path)) for path in paths]
        if not (len(known) == len(paths) and self._is_current(paths, keys)):
            self._rebuild(paths, known)
        mapped = np.load(self._tensor, mmap_mode="c")
        return torch.from_numpy(mapped)

    def _is_current(self, paths: Sequence[Path], keys: Sequence[FileKey | None]) -> bool:
        in_order = [key.path for key in keys if key is not None] == list(self._read_index())
        return in_order and all(key is not None and key.same_stat(path) for key, path in zip(keys, paths, strict=True))

    def _read_index(self) -> dict[str, FileKey]:
        """Keys by path, in the order of the tensor's rows; empty where there is no cache of this pipeline."""
        if not (self._index.is_file() and self._tensor.is_file()):
            return {}
        content = json.loads(self._index.read_text(encoding="utf-8"))
        if content["pipeline"] != PIPELINE_VERSION:
            return {}
        return {row[0]: FileKey(*row) for row in content["files"]}

    def _rebuild(self, paths: Sequence[Path], known: Mapping[str, FileKey]) -> None:
        old_rows = {key.digest: row for row, key in enumerate(known.values())}
        old = np.load(self._tensor, mmap_mode="r") if known else None
        try:
            keys = self._write_tensor(paths, old_rows, old)
            files = [[key.path, key.size, key.changed_ns, key.digest] for key in keys]
            write_text(self._index, json.dumps({"pipeline": PIPELINE_VERSION, "files": files}))
        except OSError as error:
            raise DataError(f"{self._tensor}: the image cache cannot be written: {error.strerror}") from None

    def _write_tensor(
        self, paths: Sequence[Path], old_rows: Mapping[str, int], old: NDArray[np.uint8] | None
    ) -> list[FileKey]:
        """Decode what is new into a file that replaces the cache only when it is whole."""
        shape = (len(paths), 1, self._size_px, self._size_px)
        keys: list[FileKey] = []
        faults: list[Fault] = []
        with replacing(self._tensor) as temporary:
            target = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
            _reserve(temporary)
            with ThreadPoolExecutor(_WORKERS) as pool:
                decoded = pool.map(lambda path: self._decode(path, old_rows, old), paths)
                for row, result in enumerate(track(decoded, description="decoding images", total=len(paths))):
                    if isinstance(result, Fault):
                        faults.append(result)
                    else:
                        target[row, 0], key = result
                        keys.append(key)
            target.flush()
            if faults:
                raise ConfigurationError(faults)
            self._index.unlink(missing_ok=True)  # an index must never describe another tensor
        return keys

    def _decode(
        self, path: Path, old_rows: Mapping[str, int], old: NDArray[np.uint8] | None
    ) -> tuple[NDArray[np.uint8], FileKey] | Fault:
        try:
            stat = path.stat()
            key = FileKey(str(path), stat.st_size, stat.st_mtime_ns, _digest(path))
            if old is not None and key.digest in old_rows:
                return np.asarray(old[old_rows[key.digest], 0]), key
            return read_image(path, size_px=self._size_px), key
        except (DataError, OSError) as error:
            return Fault(str(path), str(error).removeprefix(f"{path}: "))


def _reserve(path: Path) -> None:
    """Claim the file's blocks now: a full disk is an error here, but would kill the process on a write to the map."""
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
