"""What distinguishes one version of an image file from another, and what is remembered of those that cannot be read."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_READ_AT_ONCE = 1 << 24  # bytes; larger files are hashed piece by piece


@dataclass(frozen=True, slots=True)
class FileKey:
    """What distinguishes one version of a file from another."""

    path: str
    size: int
    changed_ns: int
    digest: str

    @classmethod
    def read(cls, path: Path, known: "FileKey | None") -> tuple[Self, bytes | None]:
        """The key of the file as it stands, and its content where that was read and is not large.

        The file is read only if it looks different from the known one; then nobody need read it again.

        Raises:
            OSError: it cannot be read.
        """
        stat = path.stat()
        if known is not None and known.same_stat(stat):
            return cls(str(path), stat.st_size, stat.st_ctime_ns, known.digest), None
        digest, content = read_and_hash(path, stat.st_size)
        return cls(str(path), stat.st_size, stat.st_ctime_ns, digest), content

    def same_stat(self, stat: os.stat_result) -> bool:
        """Whether the file looks unchanged; the time of change is the inode's, which copying tools cannot set."""
        return (self.size, self.changed_ns) == (stat.st_size, stat.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that holds no usable image.

    Attributes:
        key: of the version that was tried; None where the file could not even be opened, so that it is tried again.
        reason: what is wrong with it.
    """

    path: str
    reason: str
    key: FileKey | None = None


Outcome = FileKey | Unreadable


def is_current(path: Path, outcome: Outcome) -> bool:
    """Whether what is known about a path still holds; the file is not read."""
    key = outcome.key if isinstance(outcome, Unreadable) else outcome
    if key is None or key.path != str(path):
        return False
    try:
        return key.same_stat(os.stat(path))  # noqa: PTH116  # a hundred thousand times
    except OSError:
        return False


def read_and_hash(path: Path, size: int) -> tuple[str, bytes | None]:
    """SHA-256 (hex) of a file's content, and the content unless it is large."""
    if size <= _READ_AT_ONCE:
        content = path.read_bytes()
        return hashlib.sha256(content).hexdigest(), content
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest(), None
