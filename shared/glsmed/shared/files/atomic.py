"""Files that are complete or absent: write beside the target, flush to disk, rename."""

import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE = 0o600  # its owner alone may read and write it
PRIVATE_FOLDER = 0o700
PRIVATE_UMASK = 0o077  # takes every right of others from what a process makes
_PUBLIC_FILE = 0o644


@contextmanager
def atomic_replace(path: Path, *, mode: int = PRIVATE_FILE, flush: bool = True) -> Iterator[Path]:
    """A temporary path in the same folder that becomes ``path`` when the block ends without an error.

    Args:
        path: the file to write.
        mode: who may read and write it, as in chmod, less what the umask of this process takes away.
        flush: to disk before it is renamed; without it a power cut can leave a damaged file.

    Raises:
        OSError: the disk is full or the folder cannot be written; ``path`` is unchanged.
    """
    with _naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        try:
            yield temporary
            if flush:
                with temporary.open("rb") as written:
                    os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file in errors that name its temporary one, or none at all, as those of a full disk do."""
    try:
        yield
    except OSError as error:
        if error.filename is None or Path(str(error.filename)).name.startswith(f".{path.name}."):
            error.filename = str(path)
            del error.filename2
        raise


def remove_leftovers(path: Path) -> None:
    """Delete the temporary files that killed writers of ``path`` left; nobody else may be writing it now.

    Raises:
        OSError: one cannot be deleted.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.????????*"):
        left.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, mode: int = _PUBLIC_FILE, flush: bool = True) -> None:
    """Write ``content`` so that a reader sees the old file or the new one, never a part.

    ``mode`` and ``flush`` are as in :func:`atomic_replace`.
    """
    with atomic_replace(path, mode=mode, flush=flush) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str, *, mode: int = _PUBLIC_FILE) -> None:
    """Write ``content`` as UTF-8 with :func:`write_bytes`."""
    write_bytes(path, content.encode(), mode=mode)
