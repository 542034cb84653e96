"""One process at a time in a folder that two would spoil: two writers break the chain of an audit log."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FILE


@contextmanager
def exclusive_lock(lock: Path, *, work: str) -> Iterator[None]:
    """Hold the lock file while the block runs; the system lets it go even of a process that was killed.

    Args:
        lock: a file that stays; it holds the number of the process that has or had the lock.
        work: what must not be done twice at a time, for the message.

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
