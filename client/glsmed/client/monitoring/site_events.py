"""What the resident process has done, noted in a file that ``glsmed-client`` follows.

A file and not a pipe: the resident never waits for its reader, and what it noted before it was killed is still read.
"""

import dataclasses
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from glsmed.shared.files.atomic import PRIVATE_FILE


@dataclass(frozen=True, slots=True)
class Trained:
    """A round was trained and its update released.

    Attributes:
        images: that all steps together looked at.
        loss: mean over the steps.
        sent_bytes: of the released update.
        epsilon: privacy spent in the study so far; None without differential privacy.
        gpu_bytes: memory of the GPU that was in use at the end; None without one.
    """

    round: int
    rounds: int
    steps: int
    images: int
    seconds: float
    loss: float
    sent_bytes: int
    epsilon: float | None = None
    gpu_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer to the centre was released; ``task`` is what was asked, such as ``train``."""

    task: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A task failed; ``code`` is what the centre learns of it, ``group`` its round as the centre calls it."""

    task: str
    group: str
    code: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The final evaluation was answered; the model as this site would use it is in the folder.

    ``beside_local`` sets it beside the best model that the site trained alone, in words; empty where there is none.
    """

    model_folder: str
    beside_local: str = ""


SiteEvent = Trained | Sent | Failed | Ended
_KINDS: dict[str, type[SiteEvent]] = {kind.__name__: kind for kind in (Trained, Sent, Failed, Ended)}


class EventWriter:
    """Notes events; a full disk costs the note, never the round."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, event: SiteEvent) -> None:
        """Append the event, in one piece."""
        content = {"event": type(event).__name__, **dataclasses.asdict(event)}
        line = f"\n{json.dumps(content)}\n"  # begins a line of its own, whatever a killed process left unfinished
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                file.write(line.encode())
        except OSError as error:
            structlog.get_logger().warning("event_not_noted", reason=str(error))


class EventReader:
    """Reads events as they come, from those noted after :meth:`begin` on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def begin(self) -> None:
        """Forget the events of an earlier start, so that the file does not grow for ever."""
        self._path.unlink(missing_ok=True)
        self._offset = 0

    def new(self) -> list[SiteEvent]:
        """The events since the last call."""
        return list(self._new())

    def _new(self) -> Iterator[SiteEvent]:
        if not self._path.exists():
            return
        with self._path.open("rb") as source:
            source.seek(self._offset)
            whole, _, _ = source.read().rpartition(b"\n")
        self._offset += len(whole)
        for line in whole.splitlines():
            event = _event(line)
            if event is not None:
                yield event


def _event(line: bytes) -> SiteEvent | None:
    """The event of a line; None for one that a killed process left unfinished, and for an empty one."""
    try:
        content = json.loads(line)
        return _KINDS[content.pop("event")](**content)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
