"""The nginx example, with a real nginx on loopback: TLS passes through to the centre that the client names."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.processes.children import free_port

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "glsmed.conf"
STUDIES = {"centre.example.org": "127.0.0.1:8443", "second.example.org": "127.0.0.1:8444"}
UPLOAD_BYTES = 48 * 2**20


def stream_module(nginx: str) -> str | None:
    """The line that loads nginx's stream module: empty where it is built in, None where there is none."""
    flags = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr
    if "--with-stream=dynamic" not in flags:
        return "" if "--with-stream " in flags else None
    beside = Path(nginx).resolve().parents[1] / "lib" / "nginx" / "modules" / "ngx_stream_module.so"
    return f"load_module {beside};\n" if beside.is_file() else None


@pytest.fixture(scope="module")
def nginx() -> tuple[str, str]:
    """The nginx program and the line that loads its stream module."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light libnginx-mod-stream")
    module = stream_module(program)
    if module is None:
        pytest.skip("nginx has no stream module: apt-get install libnginx-mod-stream")
    return program, module


def write_configuration(folder: Path, module: str, *, port: int, centres: dict[str, int]) -> Path:
    """nginx.conf that includes the example, its addresses replaced by those of the test."""
    example = EXAMPLE.read_text(encoding="utf-8")
    for name, address in STUDIES.items():
        assert example.count(address) == 1
        example = example.replace(address, f"127.0.0.1:{centres[name]}")
    example, replaced = re.subn(r"listen (\[::\]:)?443;", "", example)
    assert replaced == 2
    example = example.replace("server {", f"server {{ listen 127.0.0.1:{port};", 1)
    example = example.replace("/var/log/nginx/glsmed.log", str(folder / "glsmed.log"))
    (folder / "glsmed.conf").write_text(example)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"{module}daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\ninclude {folder}/glsmed.conf;\n"
    )
    return configuration


@contextmanager
def running_nginx(program: str, configuration: Path, *, port: int) -> Iterator[None]:
    command = [program, "-p", str(configuration.parent), "-c", str(configuration)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for_port(port)
            yield
        finally:
            process.terminate()


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 10
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.05)


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
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return trusted.wrap_socket(plain, server_hostname=name)


@pytest.fixture(scope="module")
def proxied(nginx: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    program, module = nginx
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    with ExitStack() as stack:
        centres = {name: EchoServer(folder / name, name) for name in STUDIES}
        for centre in centres.values():
            stack.callback(centre.close)
        ports = {name: centre.port for name, centre in centres.items()}
        configuration = write_configuration(folder, module, port=port, centres=ports)
        stack.enter_context(running_nginx(program, configuration, port=port))
        yield Proxied(port, centres, folder / "glsmed.log")


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
        proxied.connect("other.example.org", authority=next(iter(STUDIES)))


def test_a_client_without_tls_gets_no_answer(proxied: Proxied) -> None:
    with socket.create_connection(("127.0.0.1", proxied.port), timeout=20) as plain:
        plain.sendall(b"GET /docs HTTP/1.1\r\nHost: centre.example.org\r\n\r\n")
        assert plain.recv(100) == b""


def test_an_upload_of_a_models_size_passes_whole(proxied: Proxied) -> None:
    name = next(iter(STUDIES))
    with proxied.connect(name, authority=name) as connection:
        connection.sendall(bytes(UPLOAD_BYTES - 1) + b"\n")
        assert connection.recv(100) == f"{UPLOAD_BYTES}\n".encode()


def test_the_log_says_who_asked_for_which_study_and_how_much_passed(proxied: Proxied) -> None:
    name = next(iter(STUDIES))
    with proxied.connect(name, authority=name) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100) == b"6\n"
    deadline = time.monotonic() + 10
    line = rf"127\.0\.0\.1 {re.escape(name)} 200 received=\d+ sent=\d+"
    while not re.search(line, proxied.log.read_text()):
        assert time.monotonic() < deadline, proxied.log.read_text()
        time.sleep(0.05)


def test_silence_may_last_longer_than_flowers_longest_pause() -> None:
    found = re.search(r"^\s*proxy_timeout (\d+)m;", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    heartbeat_seconds, request_seconds = 30, 30  # flwr 1.41: of the SuperNode, and of its HTTP client
    assert int(found.group(1)) * 60 > 2 * (heartbeat_seconds + request_seconds)
