"""Numbers that rise from task to task, over all runs and starts of a centre."""

import time
from pathlib import Path

from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text

_TAKEN_AT_ONCE = 60_000  # one write to disk lasts for a minute


class Serials:
    """The serial numbers of a centre's tasks: milliseconds of the clock, but never one that could have been given.

    So a centre that lost its file goes on, as long as its clock goes forward; and one whose clock went back goes on
    too, as long as it has its file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last = self._reserved = self._read()

    def next(self) -> int:
        """A number that is higher than all before.

        Raises:
            FederationError: the file cannot be written.
        """
        self._last = max(self._last + 1, time.time_ns() // 1_000_000)
        if self._last >= self._reserved:
            self._reserved = self._last + _TAKEN_AT_ONCE
            try:
                write_text(self._file, f"{self._reserved}\n", mode=PRIVATE_FILE)
            except OSError as error:
                raise FederationError(f"{self._file} cannot be written: {error}; make room and start again") from None
        return self._last

    def _read(self) -> int:
        try:
            return int(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            raise FederationError(
                f"{self._file} cannot be read ({error}): delete it; tasks are then numbered by the clock"
            ) from None
