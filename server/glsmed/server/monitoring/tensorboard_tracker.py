"""A run's curves as event files for TensorBoard, by the writer of the ``tensorboard`` package.

It needs neither torch nor TensorFlow in memory; tensorboardX would import torch where that is installed.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glsmed.server.monitoring.curve_follower import PartOfRound
from glsmed.server.monitoring.curves import Point

if TYPE_CHECKING:
    from tensorboard.summary.writer.event_file_writer import EventFileWriter


class TensorBoardTracker:
    """Writes ``folder`` anew at each start, from the run's own files: nothing is there twice or missing."""

    name = "TensorBoard"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: EventFileWriter | None = None

    def kept(self) -> set[PartOfRound]:
        """Nothing: the files of earlier starts are removed."""
        for old in self._folder.glob("events.out.tfevents.*"):
            old.unlink()
        return set()

    def keep(self, new: Sequence[Point]) -> None:
        """Append the points; they are on disk afterwards."""
        # an extra: installed only where it is wanted
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        if self._writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._writer = EventFileWriter(str(self._folder))
        for point in new:
            value = Summary.Value(tag=point.curve, simple_value=point.value)
            self._writer.add_event(Event(wall_time=time.time(), step=point.round, summary=Summary(value=[value])))
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
