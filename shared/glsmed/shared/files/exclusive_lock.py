"""A lock for folders that only one process may write to: two writers would break the chain of an audit log."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FILE


@contextmanager
def exclusive_lock(lock: Path, *, work: str) -> Iterator[None]:
    """Hold the lock while the block runs; the system releases it even if the process is killed.

    Args:
        lock: a file that remains; it holds the id of the process that has or had the lock.
        work: what must not run twice at a time, for the message.

    Raises:
        FederationError: another process holds it.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    with os.fdopen(descriptor, "r+", encoding="ascii", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read(20).strip()
            raise FederationError(
                f"process {holder} already does this ({work}; it holds {lock}): stop it first, or leave it running"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def lock_holder(lock: Path) -> str:
    """The id of the process that holds the lock now; empty if none does."""
    if not lock.is_file():
        return ""
    with lock.open("r+", encoding="ascii", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read(20).strip()
        return ""
