"""A listener over TLS that knows who is connected before it agrees on keys with them.

uvicorn's own accepts whatever comes, gives a TLS greeting a minute, and counts nothing.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Coroutine, Iterator
from functools import partial

import uvicorn

from glsmed.server.flower.doors.bounded_http import BoundedHttp
from glsmed.server.flower.doors.entrance import Entrance, Place
from glsmed.server.flower.doors.limits import Limits
from glsmed.shared.errors import FederationError

_WAITING = 128  # connections that the system holds until they are accepted
_PAUSE_SECONDS = 0.5


class Listener(uvicorn.Server):
    """A uvicorn server that accepts connections itself, and leaves signals to others.

    Args:
        config: uvicorn's, without TLS.
        tls: the server's certificate, and what is asked of clients.
        limits: of what a connection may take.
    """

    def __init__(self, config: uvicorn.Config, *, tls: ssl.SSLContext, limits: Limits) -> None:
        super().__init__(config)
        self._tls = tls
        self._limits = limits
        self._entrance = Entrance(limits)
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for whoever started several listeners in one event loop."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections.

        Raises:
            FederationError: the address is taken, or not this machine's.
        """
        self._sockets = listening_sockets(self.config.host, self.config.port)
        await super().startup(sockets=sockets or [])
        for listening in self._sockets:
            self._run(self._accept(listening))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nobody any more, and let the requests end that are being served."""
        for task in self._tasks:
            task.cancel()
        for listening in self._sockets:
            listening.close()
        await super().shutdown(sockets=sockets)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError:  # it has gone again, or there are too many open files: some will be closed
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            place = self._entrance.let_in(str(address[0]))
            if place is None:
                connection.close()
            else:
                place.end_with(partial(connection.shutdown, socket.SHUT_RDWR))
                self._run(self._secure(connection, place))

    async def _secure(self, connection: socket.socket, place: Place) -> None:
        """Agree on keys; then the protocol has the connection and its place."""
        is_secure = False
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                partial(self._protocol, place),
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=self._limits.handshake_seconds,
                ssl_shutdown_timeout=self._limits.goodbye_seconds,
            )
            is_secure = True
        except OSError:
            return  # no TLS, not in time, or it went away: whoever it is reads so at its own end
        finally:
            if not is_secure:
                place.leave()
                connection.close()

    def _protocol(self, place: Place) -> BoundedHttp:
        return BoundedHttp(self.config, self.server_state, self.lifespan.state, limits=self._limits, place=place)


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of ``host``.

    Raises:
        FederationError: the address is taken, or not this machine's.
    """
    found: list[socket.socket] = []
    try:
        for family, kind, number, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            found.append(socket.socket(family, kind, number))
            _listen(found[-1], address)
    except OSError as error:
        for one in found:
            one.close()
        raise FederationError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return found


def _listen(listening: socket.socket, address: tuple[object, ...]) -> None:
    listening.setblocking(False)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listening.family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.bind(address)
    listening.listen(_WAITING)
