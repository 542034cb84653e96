"""Process logs that stay small over weeks: large ones are moved on, and five earlier parts are kept.

A child process writes to a descriptor that it inherited and knows nothing of files, and it may run for weeks. So its
log cannot be renamed under it, and rotating at its start would not bound anything. Instead its parent looks at the
sizes now and then: it copies a large log to ``name.log.1`` and empties the file in place. Every writer appends
(``O_APPEND``), so its next line goes to the beginning of the emptied file. What is written in the instant between the
last byte copied and the emptying is lost.
"""

import time
from collections.abc import Callable
from pathlib import Path

from glsmed.shared.processes.command_line import Tell

MOST_LOG_BYTES = 10 * 1024**2
KEPT_PARTS = 5
_LOOK_SECONDS = 10.0
_CHUNK_BYTES = 1024**2


class LogKeeper:
    """Keeps the logs of a folder small; a full disk is told once and stops nothing.

    Args:
        folder: of files that end in ``.log``; need not exist.
        tell: gets one line when a log cannot be moved on.
        now: monotonic seconds.
    """

    def __init__(self, folder: Path, *, tell: Tell, now: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._tell = tell
        self._now = now
        self._due = now()
        self._has_told = False

    def look(self) -> None:
        """Move on what has become too large; cheap enough to be called often."""
        if self._now() < self._due:
            return
        self._due = self._now() + _LOOK_SECONDS
        try:
            rotate_large_logs(self._folder)
        except OSError as error:
            if not self._has_told:
                self._tell(f"the logs in {self._folder} cannot be kept small: {error}; make room")
            self._has_told = True


def rotate_large_logs(folder: Path, *, most_bytes: int = MOST_LOG_BYTES, kept: int = KEPT_PARTS) -> None:
    """Move on every log of the folder that is larger than ``most_bytes``.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    for log in sorted(folder.glob("*.log")):
        if log.stat().st_size > most_bytes:
            _rotate(log, most_bytes=most_bytes, kept=kept)


def earlier_part(log: Path, number: int = 1) -> Path:
    """Where the ``number``-th earlier part of a log is; 1 is the latest."""
    return log.with_name(f"{log.name}.{number}")


def _rotate(log: Path, *, most_bytes: int, kept: int) -> None:
    for number in range(kept, 1, -1):
        younger = earlier_part(log, number - 1)
        if younger.exists():
            younger.replace(earlier_part(log, number))
    part = earlier_part(log)
    with log.open("rb+") as source, part.open("wb") as copy:
        part.chmod(log.stat().st_mode)
        source.seek(max(0, log.stat().st_size - most_bytes))  # of a flood only the end is kept
        while chunk := source.read(_CHUNK_BYTES):
            copy.write(chunk)
        source.truncate(0)
