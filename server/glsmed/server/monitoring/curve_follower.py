"""Takes a run's curves to a tracker while the run goes on, in a thread of its own."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from glsmed.server.monitoring.curves import Point, points
from glsmed.shared.processes.command_line import Tell

_LOOK_SECONDS = 5.0
_LAST_SECONDS = 20.0  # how long the end of a run waits for a tracker

PartOfRound = tuple[str, int]  # a part of the curves and its round, see Point


class Tracker(Protocol):
    """Where curves are kept."""

    name: str

    def kept(self) -> set[PartOfRound]:
        """What an earlier start of the same run has kept already."""

    def keep(self, new: Sequence[Point]) -> None:
        """Keep more points, whole parts of rounds."""

    def close(self) -> None:
        """No more points come for now."""


class CurveFollower:
    """Follows the files of a run for one tracker; whatever fails there is told once and tried again.

    Args:
        run_folder: may not exist yet.
        tell: gets one line when the tracker fails for the first time.
    """

    def __init__(self, tracker: Tracker, run_folder: Path, *, tell: Tell) -> None:
        self._tracker = tracker
        self._run_folder = run_folder
        self._tell = tell
        self._kept: set[PartOfRound] | None = None
        self._has_told = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"curves-{tracker.name}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Take over what is there still, and end; a tracker that hangs is left behind."""
        self._stopping.set()
        self._thread.join(_LAST_SECONDS)

    def look(self) -> None:
        """Take over what is new."""
        try:
            self._take_over()
        except Exception as error:  # trackers belong to others; none of their faults may stop a run
            if not self._has_told:
                self._tell(f"{self._tracker.name} does not take the run's curves ({error}); the run goes on without it")
            self._has_told = True

    def _take_over(self) -> None:
        if self._kept is None:
            self._kept = self._tracker.kept()
        new = [point for point in points(self._run_folder) if (point.part, point.round) not in self._kept]
        if new:
            self._tracker.keep(new)
            self._kept |= {(point.part, point.round) for point in new}

    def _follow(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self.look()
        self.look()
        self._close()

    def _close(self) -> None:
        try:
            self._tracker.close()
        except Exception as error:  # as above
            self._tell(f"{self._tracker.name} was not closed: {error}")
