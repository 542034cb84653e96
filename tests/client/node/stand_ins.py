"""What may stand at a centre's address, or on the way there: real sockets, real TLS, on the loopback interface."""

import base64
import contextlib
import ipaddress
import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flwr.proto.fleet_pb2 import (
    ActivateNodeRequest,
    ActivateNodeResponse,
    DeactivateNodeResponse,
    PullMessagesResponse,
)
from flwr.proto.heartbeat_pb2 import SendNodeHeartbeatResponse
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.proxy import Proxy
from glsmed.client.settings.enrolment import read_private_key
from glsmed.shared.protocol.enrolment import generate_private_key

DAY = timedelta(days=1)
NODE_ID = 42


_AUTHORITIES: dict[Path, "Authority"] = {}


@dataclass
class Authority:
    """A certificate authority that issues what a test asks for."""

    folder: Path
    name: str = "glsmed study doubt"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.crt"
        _AUTHORITIES[self.certificate] = self
        builder = self._builder(self.name, self.key, -DAY, 3650 * DAY)
        ca = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate.write_bytes(ca.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(self, *names: str, valid_from: timedelta = -DAY, valid_until: timedelta = 300 * DAY) -> tuple[Path, Path]:
        """Files of a certificate and its key; times are seen from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(names[0], key, valid_from, valid_until)
        names_held = x509.SubjectAlternativeName(list(map(_general_name, names)))
        certificate = builder.add_extension(names_held, critical=False)
        path = self.folder / f"{key.public_key().public_numbers().x:x}.crt"
        path.write_bytes(certificate.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        path.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path, path.with_suffix(".key")

    def certify(self, private_key: Path, *, valid_until: timedelta = 300 * DAY) -> Path:
        """Lay the certificate of a site's key beside it, as the hospital does with what the centre sends."""
        certificate = self._builder("st-mary", read_private_key(private_key), -DAY, valid_until)
        path = private_key.with_suffix(".crt")
        path.write_bytes(certificate.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path

    def _builder(
        self, subject: str, key: ec.EllipticCurvePrivateKey, valid_from: timedelta, valid_until: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_x509_name(subject))
            .issuer_name(_x509_name(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + valid_from)
            .not_valid_after(now + valid_until)
        )


def _x509_name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass
class Centre:
    """The Fleet API as far as a client without work sees it.

    Attributes:
        admitted: public keys.
        calls: paths in the order in which they were asked for.
        ahead: seconds that the centre's clock is ahead of the true time.
    """

    admitted: set[bytes] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    ahead: float = 0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        response = self._response(request.url.path.rpartition("/")[2], await request.body(), request)
        response.headers["date"] = formatdate(time.time() + self.ahead, usegmt=True)
        # a connection that stays open would outlive the server that a test stops
        response.headers.update({"connection": "close", **self.headers})
        return response

    def _response(self, call: str, body: bytes, request: Request) -> Response:
        self.calls.append(call)
        if call == "health":
            return PlainTextResponse("ok")
        # as flwr.superlink.routers.fleet.node_auth
        signed = datetime.fromisoformat(request.headers["flwr-timestamp"]).timestamp()
        if not -5 < time.time() + self.ahead - signed < 305:
            return PlainTextResponse(json.dumps({"detail": "Invalid SuperNode authentication"}), status_code=401)
        if call == "activate-node":
            return self._activate(ActivateNodeRequest.FromString(body))
        if call == "send-node-heartbeat":
            return _message(SendNodeHeartbeatResponse(success=True).SerializeToString())
        return _message(
            {"deactivate-node": DeactivateNodeResponse, "pull-messages": PullMessagesResponse}[
                call
            ]().SerializeToString()
        )

    def _activate(self, asked: ActivateNodeRequest) -> Response:
        if asked.public_key not in self.admitted:
            return _flower_error(412, 2004, "Failed to activate SuperNode.")
        if asked.heartbeat_interval < 10:
            return _flower_error(400, 2003, "Invalid heartbeat interval.")
        return _message(ActivateNodeResponse(node_id=NODE_ID).SerializeToString())


def _message(content: bytes) -> Response:
    return Response(content, media_type="application/x-protobuf")


def _flower_error(status: int, code: int, detail: str) -> Response:
    return PlainTextResponse(json.dumps({"code": code, "detail": detail}), status_code=status)


@contextlib.contextmanager
def serving(
    app: ASGIApp,
    files: tuple[Path, Path],
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    clients: Authority | None = None,
) -> Iterator[int]:
    """Serve over TLS while the block runs; yields the port. With ``clients``, nobody without its certificate."""
    certificate, key = files
    config = uvicorn.Config(
        app,
        loop="asyncio",  # uvloop would go round a test's own names
        lifespan="off",
        ws="none",
        log_level="critical",
        date_header=type(app) is not Starlette,  # a stand-in for the centre has a clock of its own
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate,
        ssl_keyfile=str(key),
        ssl_ca_certs=None if clients is None else str(clients.certificate),
        ssl_cert_reqs=ssl.CERT_NONE if clients is None else ssl.CERT_REQUIRED,
    )
    listener = _listener(host, port)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _listener(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


Handler = Callable[[socket.socket], None]


@contextlib.contextmanager
def accepting(handle: Handler, *, port: int = 0) -> Iterator[int]:
    """Accept TCP connections while the block runs, each handled in a thread; yields the port."""
    listener = _listener(port=port)
    ended = threading.Event()

    def serve_one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            handle(connection)

    def accept() -> None:
        while not ended.is_set():
            if select.select([listener], [], [], 0.02)[0]:
                threading.Thread(target=serve_one, args=[listener.accept()[0]], daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        thread.join()
        listener.close()


def close_after_hello(connection: socket.socket) -> None:
    """What a load balancer does whose centre is down."""
    connection.recv(4096)


def reset(connection: socket.socket) -> None:
    """What a firewall does: RST."""
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def speak_plain_http(connection: socket.socket) -> None:
    """What a web server without TLS does."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")


@dataclass
class ConnectProxy:
    """An HTTP proxy that knows CONNECT.

    Attributes:
        login: ``user:password`` that it asks for.
        status: with what it refuses everything, for instance ``403 Forbidden``.
        instead: port to which it connects, whatever it was asked for.
        asked: the targets.
    """

    login: str = ""
    status: str = ""
    instead: int = 0
    asked: list[str] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return  # whoever came has gone, and would be waited for at full speed until the tests end
            head += piece
        target = head.split()[1].decode()
        self.asked.append(target)
        wanted = base64.b64encode(self.login.encode()).decode()
        status = "407 Proxy Authentication Required" if self.login and wanted not in head.decode() else self.status
        if status:
            connection.sendall(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
            return
        host, _, port = target.rpartition(":")
        near = ("127.0.0.1", self.instead) if self.instead else (host.strip("[]"), int(port))
        with socket.create_connection(near) as far:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(connection, far)


@dataclass
class SocksProxy:
    """A SOCKS5 proxy (RFC 1928, 1929); ``reply`` is its answer to CONNECT, 0 for success."""

    login: str = ""
    reply: int = 0
    asked: list[str] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        method = 2 if self.login else 0
        offered = connection.recv(2)[1]
        if method not in connection.recv(offered):
            connection.sendall(b"\5\xff")
            return
        connection.sendall(bytes([5, method]))
        if self.login and not self._knows(connection):
            return
        host, port = self._target(connection)
        self.asked.append(f"{host}:{port}")
        connection.sendall(bytes([5, self.reply, 0, 1]) + bytes(6))
        if self.reply == 0:
            with socket.create_connection((host, port)) as far:
                _pump(connection, far)

    def _knows(self, connection: socket.socket) -> bool:
        user = connection.recv(connection.recv(2)[1]).decode()
        password = connection.recv(connection.recv(1)[0]).decode()
        known = f"{user}:{password}" == self.login
        connection.sendall(b"\1\0" if known else b"\1\1")
        return known

    @staticmethod
    def _target(connection: socket.socket) -> tuple[str, int]:
        kind = connection.recv(4)[3]
        if kind == 3:
            host = connection.recv(connection.recv(1)[0]).decode()
        else:
            host = str(ipaddress.ip_address(connection.recv(4 if kind == 1 else 16)))
        return host, int.from_bytes(connection.recv(2), "big")


def _pump(near: socket.socket, far: socket.socket) -> None:
    ends = {near: far, far: near}
    while True:
        for end in select.select(list(ends), [], [])[0]:
            content = end.recv(65536)
            if not content:
                return
            ends[end].sendall(content)


def site(folder: Path, centre: str, ca_certificate: Path, *, proxy: str = "") -> NodeSettings:
    """The settings of a site with a key of its own, and a certificate of it by the authority with that ``ca.crt``."""
    key = folder / "site.key"
    if not key.exists():
        key.write_bytes(generate_private_key())
        key.chmod(0o600)
    if ca_certificate in _AUTHORITIES:
        _AUTHORITIES[ca_certificate].certify(key)
    return NodeSettings(
        centre=centre,
        ca_certificate=ca_certificate,
        private_key=key,
        site="st-mary",
        runtime_port=9000,
        superexec_secret=folder / "secret",
        node_id_file=folder / "node-id",
        bell=folder / "bell",
        proxy=Proxy(proxy) if proxy else None,
    )


def public_key(settings: NodeSettings) -> bytes:
    """As the centre knows it."""
    return public_key_to_bytes(read_private_key(settings.private_key).public_key())
