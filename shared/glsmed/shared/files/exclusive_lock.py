"""A lock for folders that only one process may write to: two writers would break the chain of an audit log."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glsmed.shared.errors import BusyError
from glsmed.shared.files.atomic import PRIVATE_FILE

_TRIES = 5  # whoever looks at a lock holds it for an instant, see is_held
_PAUSE_SECONDS = 0.05


@contextmanager
def exclusive_lock(lock: Path, *, work: str) -> Iterator[None]:
    """Hold the lock while the block runs; the system releases it even if the process is killed.

    Args:
        lock: a file that remains; it holds the id of the process that has or had the lock.
        work: what must not run twice at a time, for the message.

    Raises:
        BusyError: another process holds it.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    with os.fdopen(descriptor, "r+", encoding="ascii", errors="replace") as file:
        if not _taken(file.fileno()):
            holder = file.read(20).strip()
            raise BusyError(
                f"process {holder} already does this ({work}; it holds {lock}): stop it first, or leave it running"
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def waited_lock(lock: Path) -> Iterator[None]:
    """Hold the lock while the block runs, after whoever holds it now; for work that takes an instant."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_held(lock: Path) -> bool:
    """Whether a living process holds the lock now; a file that a killed process left does not count.

    Raises:
        OSError: the lock may not be read.
    """
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # several may look at once; closing releases it
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Whether the lock could be taken; tried for a moment, since somebody may only be looking."""
    for number in range(_TRIES):
        if number:
            time.sleep(_PAUSE_SECONDS)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False
