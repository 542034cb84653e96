"""A listener with limits in a thread of this process, and a client that speaks bytes."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.loops.auto import auto_loop_factory

from glsmed.server.flower.doors.entrance import may_stay
from glsmed.server.flower.doors.limits import Limits
from glsmed.server.flower.doors.listener import Listener
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.processes.children import free_port

SERVED = b"served"  # what applications in these tests say
GET = b"GET /health HTTP/1.1\r\nhost: centre\r\n\r\n"


@dataclass
class Port:
    """A listener's port on this machine."""

    number: int
    ca: Path
    opened: list[socket.socket] = field(default_factory=list)

    def connect_plain(self) -> socket.socket:
        """A TCP connection without TLS."""
        self.opened.append(socket.create_connection(("127.0.0.1", self.number), timeout=60))
        return self.opened[-1]

    def connect(self) -> ssl.SSLSocket:
        """A connection over TLS."""
        trusted = ssl.create_default_context(cafile=self.ca)
        secure = trusted.wrap_socket(self.connect_plain(), server_hostname="localhost")
        self.opened.append(secure)
        return secure

    def ask(self, request: bytes) -> bytes:
        """What comes back until the listener closes the connection, or says nothing for a moment."""
        connection = self.connect()
        with suppress(OSError):  # it may be cut while this is still being sent
            connection.sendall(request)
        return everything_from(connection)


def everything_from(connection: socket.socket, *, seconds: float = 20) -> bytes:
    """What arrives until the other end closes, or is silent for so long."""
    connection.settimeout(seconds)
    came = b""
    with suppress(OSError):  # silent, or cut
        while not came.endswith(SERVED) and (piece := connection.recv(65536)):
            came += piece
    return came


def is_ended(connection: socket.socket, *, seconds: float) -> bool:
    """Whether the other end ends the connection in time."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True  # cut


@dataclass
class Counting:
    """An application that reads a request's body, and knows everybody who says a name."""

    bodies: list[int] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        owner = dict(scope["headers"]).get(b"owner", b"").decode()
        if owner and not may_stay(scope, owner):
            await PlainTextResponse("too many", status_code=429)(scope, receive, send)
            return
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        self.bodies.append(size)
        await PlainTextResponse(SERVED)(scope, receive, send)


def head(*lines: str, path: str = "/health") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "host: centre", *lines, "", ""]).encode()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> CertificateFolder:
    made = CertificateFolder(tmp_path_factory.mktemp("doors") / "pki")
    made.create(study="doubt", public_names=["localhost"])
    return made


@contextmanager
def _listening(app: ASGIApp, limits: Limits, certificates: CertificateFolder) -> Iterator[Port]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server_certificate, certificates.server_key)
    port = Port(free_port(), certificates.ca_certificate)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port.number,
        lifespan="off",
        log_config=None,
        ws="none",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=600,  # only our own limits end a connection
    )
    listener = Listener(config, tls=tls, limits=limits)
    thread = threading.Thread(target=_run, args=(listener,), daemon=True)
    thread.start()
    while not listener.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield port
    finally:
        for one in port.opened:
            one.close()
        listener.should_exit = True
        thread.join()


def _run(listener: Listener) -> None:
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:  # as the SuperLink's process does
        runner.run(_serve(listener))


async def _serve(listener: Listener) -> None:
    await listener.serve()
    await asyncio.sleep(0.3)  # TLS connections say goodbye


Listening = Callable[[ASGIApp, Limits], Port]


@pytest.fixture
def listen(certificates: CertificateFolder) -> Iterator[Listening]:
    """Starts a listener for the time of the test."""
    with ExitStack() as stack:

        def start(app: ASGIApp, limits: Limits) -> Port:
            return stack.enter_context(_listening(app, limits, certificates))

        yield start
