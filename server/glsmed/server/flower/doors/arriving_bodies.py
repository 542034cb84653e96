"""The bodies of requests on their way in: so many bytes of all together in memory, and what is beyond in files.

Over a slow line a part of a model arrives for seconds, and many sites send at once.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from starlette.types import Receive

MOST_HELD_BYTES = 32 * 2**20


class BodyRoom:
    """Memory for bodies.

    Args:
        folder: for what does not fit, in files without a name; None: the system's folder.
        most_bytes: of all bodies together.
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = MOST_HELD_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self.held_bytes = 0

    @contextmanager
    def arriving(self) -> Iterator["ArrivingBody"]:
        """A body that is kept until the block ends."""
        body = ArrivingBody(self)
        try:
            yield body
        finally:
            body.drop()

    def hold(self, size: int) -> bool:
        """Reserve memory; returns whether there was enough."""
        if self.held_bytes + size > self._most_bytes:
            return False
        self.held_bytes += size
        return True

    def let_go(self, size: int) -> None:
        """Give memory back."""
        self.held_bytes -= size

    def file(self) -> BinaryIO:
        """A new file without a name."""
        return tempfile.TemporaryFile(dir=self._folder)


class ArrivingBody:
    """One request's body."""

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self._pieces: list[bytes] = []
        self._held = 0
        self._file: BinaryIO | None = None

    async def arrive(self, receive: Receive) -> bool:
        """Take it in; returns whether it came whole.

        Raises:
            OSError: the disk is full.
        """
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return False
            self._keep(message.get("body", b""))
            if not message.get("more_body", False):
                return True

    def _keep(self, piece: bytes) -> None:
        if self._file is None and self._room.hold(len(piece)):
            self._held += len(piece)
            self._pieces.append(piece)
        else:
            self._file = self._file or self._room.file()
            self._file.write(piece)

    async def whole(self) -> bytes:
        """All of it, in memory."""
        if self._file is None:
            return b"".join(self._pieces)
        return await asyncio.to_thread(self._with_file, self._file)

    def _with_file(self, file: BinaryIO) -> bytes:
        file.seek(0)
        return b"".join([*self._pieces, file.read()])

    def drop(self) -> None:
        """Let go of it."""
        self._room.let_go(self._held)
        self._held = 0
        self._pieces = []
        if self._file is not None:
            self._file.close()
            self._file = None
