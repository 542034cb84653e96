"""A bell between two processes of the site: the SuperNode rings when a message has come, the resident hears it.

Asking the SuperNode over HTTP twenty times a second costs both of them a tenth of a processor; looking at the time of
a file costs nothing.
"""

import os
import time
from pathlib import Path

_LOOK_SECONDS = 0.02


class Bell:
    """A file whose time says when it was last rung."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ring(self) -> None:
        """Wake whoever waits; a wait that begins with an older :meth:`last_rung` ends at once."""
        self._path.touch(mode=0o600)
        os.utime(self._path)

    def last_rung(self) -> int:
        """When it was rung, in nanoseconds; 0 if never."""
        try:
            return self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def wait(self, *, since: int, seconds: float) -> None:
        """Wait until the bell is rung after ``since``, at most so long."""
        end = time.monotonic() + seconds
        while self.last_rung() == since and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
