"""The index of a finished cache: for each image that was asked for its key, or why it cannot be read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glsmed.client.data.cache.file_keys import FileKey, Outcome, Unreadable
from glsmed.shared.processes.memory import collections_paused

Pixels = NDArray[np.uint8]

_VALUES_OF_KEY = len(fields(FileKey))


@dataclass(frozen=True, slots=True)
class StoredRows:
    """What earlier starts left.

    Attributes:
        outcomes: of each path that was asked for, in that order; those with a key have rows in the same order.
        tensor: ``(M, 1, S, S)``; None where nothing is stored.
        keys: of each known path.
        rows: row of each content, by SHA-256.
        failures: of each content that is no image.
    """

    outcomes: tuple[Outcome, ...] = ()
    tensor: Pixels | None = None
    keys: Mapping[str, FileKey] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, Unreadable] = field(default_factory=dict)

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], tensor: Pixels) -> "StoredRows":
        """The rows of a tensor, one for each outcome that is a key."""
        readable = [outcome for outcome in outcomes if isinstance(outcome, FileKey)]
        failed = [outcome for outcome in outcomes if isinstance(outcome, Unreadable) and outcome.key is not None]
        keys = {key.path: key for key in (*readable, *(failure.key for failure in failed)) if key is not None}
        return cls(
            tuple(outcomes),
            tensor,
            keys,
            {key.digest: row for row, key in enumerate(readable)},
            {failure.key.digest: failure for failure in failed if failure.key is not None},
        )

    def row(self, digest: str) -> Pixels | None:
        """The pixels of a file with this content, if it was decoded before."""
        row = self.rows.get(digest)
        return None if row is None or self.tensor is None else self.tensor[row, 0]


def read_stored(tensor: Path, index: Path, *, recipe: Sequence[object], size_px: int) -> StoredRows:
    """The rows of a finished cache; none where there is no complete one of this recipe.

    Args:
        tensor: the file of rows.
        index: the file of keys.
        recipe: how images are made into rows; another one makes other pixels.
        size_px: side of an image.
    """
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        stored = np.load(tensor, mmap_mode="r")
        with collections_paused():
            outcomes = [outcome_of(entry) for entry in content["files"]]
        readable = sum(isinstance(outcome, FileKey) for outcome in outcomes)
        usable = content["recipe"] == list(recipe) and stored.shape == (readable, 1, size_px, size_px)
    except (OSError, ValueError, TypeError, KeyError):
        return StoredRows()  # none yet, or damaged: it is made again
    return StoredRows.of(outcomes, stored) if usable else StoredRows()


def index_text(outcomes: Sequence[Outcome], *, recipe: Sequence[object]) -> str:
    """The content of the index file."""
    return json.dumps({"recipe": list(recipe), "files": [entry_of(outcome) for outcome in outcomes]})


def entry_of(outcome: Outcome) -> list[object]:
    """An outcome for JSON: four values of a key, or path, reason and key of a file that cannot be read."""
    if isinstance(outcome, FileKey):
        return _values(outcome)
    return [outcome.path, outcome.reason, None if outcome.key is None else _values(outcome.key)]


def _values(key: FileKey) -> list[object]:
    return [key.path, key.size, key.changed_ns, key.digest]


def outcome_of(entry: Sequence[Any]) -> Outcome:
    """The reverse of :func:`entry_of`.

    Raises:
        TypeError: it is no entry.
        ValueError: likewise.
    """
    if len(entry) == _VALUES_OF_KEY:
        return _key(entry)
    path, reason, key = entry
    return Unreadable(str(path), str(reason), None if key is None else _key(key))


def _key(values: Sequence[Any]) -> FileKey:
    path, size, changed_ns, digest = values
    return FileKey(str(path), int(size), int(changed_ns), str(digest))
