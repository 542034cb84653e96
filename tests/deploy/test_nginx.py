"""The nginx example, with a real nginx on loopback: TLS passes through to the centre that the client names."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.processes.children import free_port
from tests.deploy.nginx_on_loopback import EXAMPLE, nginx_program, running_nginx

STUDIES = ("centre.example.org", "second.example.org")
UPLOAD_BYTES = 48 * 2**20


class EchoServer:
    """A TLS server with a study's certificate that counts bytes until a newline and answers with their number."""

    def __init__(self, folder: Path, name: str) -> None:
        self.certificates = CertificateFolder(folder)
        folder.mkdir()
        self.certificates.create(study="doubt", public_names=[name])
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(self.certificates.server_certificate, self.certificates.server_key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._answer, args=(plain,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                received, last = 0, b""
                while not last.endswith(b"\n") and (part := connection.recv(2**16)):
                    received, last = received + len(part), part
                connection.sendall(f"{received}\n".encode())
        except OSError:
            plain.close()  # the client does not trust the certificate, or speaks no TLS


class Proxied:
    """nginx before two centres."""

    def __init__(self, port: int, centres: dict[str, EchoServer], log: Path) -> None:
        self.port, self.centres, self.log = port, centres, log

    def connect(self, name: str, *, authority: str) -> ssl.SSLSocket:
        """A connection to the centre ``name`` that trusts the authority of the study ``authority`` alone."""
        trusted = ssl.create_default_context(cafile=self.centres[authority].certificates.ca_certificate)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return trusted.wrap_socket(plain, server_hostname=name)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    nginx_program()  # skips before anything is started
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    with ExitStack() as stack:
        centres = {name: EchoServer(folder / name, name) for name in STUDIES}
        for centre in centres.values():
            stack.callback(centre.close)
        ports = {name: centre.port for name, centre in centres.items()}
        log = stack.enter_context(running_nginx(folder, port=port, centres=ports))
        yield Proxied(port, centres, log)


@pytest.mark.parametrize("name", STUDIES)
def test_a_hospital_reaches_the_centre_that_it_names_with_that_centres_own_certificate(
    proxied: Proxied, name: str
) -> None:
    with proxied.connect(name, authority=name) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100) == b"6\n"


def test_the_certificate_of_one_study_does_not_serve_for_another(proxied: Proxied) -> None:
    first, second = STUDIES
    with pytest.raises(ssl.SSLCertVerificationError):
        proxied.connect(first, authority=second)


def test_a_name_of_no_study_gets_no_answer(proxied: Proxied) -> None:
    with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
        proxied.connect("other.example.org", authority=STUDIES[0])


def test_a_client_without_tls_gets_no_answer(proxied: Proxied) -> None:
    with socket.create_connection(("127.0.0.1", proxied.port), timeout=60) as plain:
        plain.sendall(b"GET /docs HTTP/1.1\r\nHost: centre.example.org\r\n\r\n")
        assert plain.recv(100) == b""


def test_an_upload_of_a_models_size_passes_whole(proxied: Proxied) -> None:
    name = STUDIES[0]
    with proxied.connect(name, authority=name) as connection:
        connection.sendall(bytes(UPLOAD_BYTES - 1) + b"\n")
        assert connection.recv(100) == f"{UPLOAD_BYTES}\n".encode()


def test_the_log_says_who_asked_for_which_study_and_how_much_passed(proxied: Proxied) -> None:
    name = STUDIES[0]
    with proxied.connect(name, authority=name) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100) == b"6\n"
    deadline = time.monotonic() + 60
    line = rf"127\.0\.0\.1 {re.escape(name)} 200 received=\d+ sent=\d+"
    while not re.search(line, proxied.log.read_text()):
        assert time.monotonic() < deadline, proxied.log.read_text()
        time.sleep(0.05)


def test_silence_may_last_longer_than_flowers_longest_pause() -> None:
    found = re.search(r"^\s*proxy_timeout (\d+)m;", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    heartbeat_seconds, request_seconds = 30, 30  # flwr 1.41: of the SuperNode, and of its HTTP client
    assert int(found.group(1)) * 60 > 2 * (heartbeat_seconds + request_seconds)
