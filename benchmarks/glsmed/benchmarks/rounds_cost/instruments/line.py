"""The line between a site and the centre: a TCP proxy that counts what passes, and can be as slow as a real line.

A slow line has a bandwidth and a delay in each direction. All connections of a site share it. Setting up a
connection takes one more round trip, as TCP's handshake does; TCP's slow start is not imitated.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from glsmed.server.flower.settings import LOOPBACK

_CHUNK_BYTES = 2**18
_SLOW_CHUNK_BYTES = 2**14
_BITS_PER_BYTE = 8
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class LineSpeed:
    """Bandwidth and delay in each direction."""

    megabits_per_second: float
    delay_seconds: float

    def seconds(self, count: float) -> float:
        """How long so many bytes take to be sent, without the delay."""
        return count * _BITS_PER_BYTE / (self.megabits_per_second * _MILLION)


class _Direction:
    """One direction of one site's line."""

    def __init__(self, speed: LineSpeed | None) -> None:
        self._speed = speed
        self._free_at = 0.0
        self.bytes = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass everything on until the sender ends."""
        if self._speed is None:
            await self._carry_fast(reader, writer)
        else:
            await self._carry_slowly(reader, writer, self._speed)

    async def _carry_fast(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            self.bytes += len(chunk)
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()

    async def _carry_slowly(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speed: LineSpeed) -> None:
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(_arrive(on_the_way, writer))
        loop = asyncio.get_running_loop()
        handshake_over = loop.time() + 2 * speed.delay_seconds
        try:
            while chunk := await reader.read(_SLOW_CHUNK_BYTES):
                self.bytes += len(chunk)
                self._free_at = max(self._free_at, handshake_over, loop.time()) + speed.seconds(len(chunk))
                on_the_way.put_nowait((self._free_at + speed.delay_seconds, chunk))
                await asyncio.sleep(self._free_at - loop.time())
            on_the_way.put_nowait((self._free_at + speed.delay_seconds, b""))
            await arriving
        finally:
            arriving.cancel()


async def _arrive(on_the_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    """Hand on each chunk when it is due; an empty one is the end."""
    loop = asyncio.get_running_loop()
    while True:
        due, chunk = await on_the_way.get()
        await asyncio.sleep(due - loop.time())
        if not chunk:
            writer.write_eof()
            return
        writer.write(chunk)
        await writer.drain()


class _SiteLine:
    """The listening end of one site's line."""

    def __init__(self, target_port: int, speed: LineSpeed | None) -> None:
        self.up = _Direction(speed)  # from the site to the centre
        self.down = _Direction(speed)
        self._target_port = target_port
        self._open: set[asyncio.StreamWriter] = set()
        self._limit = _CHUNK_BYTES if speed is None else _SLOW_CHUNK_BYTES

    def abort(self) -> None:
        """End every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    async def serve(self, listener: socket.socket) -> asyncio.Server:
        """Begin to accept connections."""
        return await asyncio.start_server(self._connected, sock=listener, limit=self._limit)

    async def _connected(self, from_site: asyncio.StreamReader, to_site: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError), contextlib.closing(to_site):  # an end that is gone ends the other
            from_centre, to_centre = await asyncio.open_connection(LOOPBACK, self._target_port, limit=self._limit)
            with contextlib.closing(to_centre), self._noted(to_site, to_centre):
                await asyncio.gather(self.up.carry(from_site, to_centre), self.down.carry(from_centre, to_site))

    @contextlib.contextmanager
    def _noted(self, *ends: asyncio.StreamWriter) -> Iterator[None]:
        """Both ends are open while the block runs."""
        self._open.update(ends)
        try:
            yield
        finally:
            self._open.difference_update(ends)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes that have passed so far, over all sites; with all of TLS and HTTP, without TCP's own headers."""

    up: int
    down: int


class Lines:
    """One line per site to the centre's public port, served by a thread while the block runs."""

    def __init__(self, count: int, *, target_port: int, speed: LineSpeed | None = None) -> None:
        self._lines = [_SiteLine(target_port, speed) for _ in range(count)]
        self._listeners = [_listener(slow=speed is not None) for _ in range(count)]
        self._ports = [int(listener.getsockname()[1]) for listener in self._listeners]
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lines", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def ports(self) -> Sequence[int]:
        """Where each site connects."""
        return self._ports

    def traffic(self) -> Traffic:
        """What has passed so far."""
        return Traffic(up=sum(line.up.bytes for line in self._lines), down=sum(line.down.bytes for line in self._lines))

    async def _serve(self) -> None:
        for line, listener in zip(self._lines, self._listeners, strict=True):
            self._servers.append(await line.serve(listener))

    async def _end(self) -> None:
        """Accept no more connections, then end those that there are."""
        for line, server in zip(self._lines, self._servers, strict=True):
            server.close()
            line.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*tasks, return_exceptions=True)


def _listener(*, slow: bool) -> socket.socket:
    """A listening socket; that of a slow line takes little ahead, or the kernel would hide the line's slowness."""
    listener = socket.socket()
    if slow:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * _SLOW_CHUNK_BYTES)
    listener.bind((LOOPBACK, 0))
    return listener
