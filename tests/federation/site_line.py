"""The line between a site and the centre: a TCP proxy on loopback that can be slow, is counted, and can be cut."""

import contextlib
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

_LOOPBACK = "127.0.0.1"
_CHUNK_BYTES = 2**15
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Way:
    """One direction of the line, which all connections share."""

    def __init__(self, bytes_per_second: float | None) -> None:
        self.bytes = 0
        self._speed = bytes_per_second
        self._turn = threading.Lock()

    def take(self, count: int) -> None:
        """Count a chunk, and wait as long as it takes to be sent."""
        with self._turn:
            self.bytes += count
            if self._speed is not None:
                time.sleep(count / self._speed)


class SiteLine:
    """A site's line, open while the block runs.

    Args:
        target_port: the centre's.
        bytes_per_second: in each direction; None for as fast as the machine.

    Attributes:
        port: where the site connects.
    """

    def __init__(self, target_port: int, *, bytes_per_second: float | None = None) -> None:
        self._target_port = target_port
        self._up, self._down = _Way(bytes_per_second), _Way(bytes_per_second)
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._connections: set[socket.socket] = set()
        self._listener = socket.create_server((_LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])

    @property
    def up(self) -> int:
        """Bytes that have gone from the site to the centre."""
        return self._up.bytes

    @property
    def down(self) -> int:
        """Bytes that have gone from the centre to the site."""
        return self._down.bytes

    def cut(self) -> None:
        """From now on nothing passes and nobody is told, as when a cable is pulled out."""
        self._is_whole.clear()

    def mend(self) -> None:
        """Let new connections pass; those of before are reset, since whatever stood between has forgotten them."""
        self._reset_all()
        self._is_whole.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="site-line", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.mend()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                site, _ = self._listener.accept()
                self._connections.add(site)
                threading.Thread(target=self._connect, args=(site,), daemon=True).start()

    def _connect(self, site: socket.socket) -> None:
        self._is_whole.wait()
        if site not in self._connections:
            return  # it was opened while the line was cut
        try:
            centre = socket.create_connection((_LOOPBACK, self._target_port))
        except OSError:
            self._close(site)
            return
        self._connections.add(centre)
        for source, target, way in ((site, centre, self._up), (centre, site, self._down)):
            threading.Thread(target=self._carry, args=(source, target, way), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, way: _Way) -> None:
        with contextlib.suppress(OSError):  # an end that is gone ends the other
            while chunk := source.recv(_CHUNK_BYTES):
                self._is_whole.wait()
                way.take(len(chunk))
                target.sendall(chunk)
        self._close(source)
        self._close(target)

    def _reset_all(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        """Close a connection; ``shutdown`` wakes the thread that waits for its bytes."""
        self._connections.discard(connection)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
