"""The nginx example with the addresses of a test, started on loopback."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "glsmed.conf"
_STUDIES = ("centre.example.org  127.0.0.1:8443;", "second.example.org  127.0.0.1:8444;")


def nginx_program() -> tuple[str, str]:
    """The nginx of this machine and the line that loads its stream module; skips the test where there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light libnginx-mod-stream")
    module = _stream_module(program)
    if module is None:
        pytest.skip("nginx has no stream module: apt-get install libnginx-mod-stream")
    return program, module


def _stream_module(nginx: str) -> str | None:
    """Empty where the module is built in, None where there is none."""
    flags = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr
    if "--with-stream=dynamic" not in flags:
        return "" if "--with-stream " in flags else None
    beside = Path(nginx).resolve().parents[1] / "lib" / "nginx" / "modules" / "ngx_stream_module.so"
    return f"load_module {beside};\n" if beside.is_file() else None


@contextmanager
def running_nginx(folder: Path, *, port: int, centres: Mapping[str, int]) -> Iterator[Path]:
    """nginx with the example on ``port``, before the port of each centre by name; yields its log."""
    program, module = nginx_program()
    command = [program, "-p", str(folder), "-c", str(_write_configuration(folder, module, port=port, centres=centres))]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for_port(port)
            yield folder / "glsmed.log"
        finally:
            process.terminate()


def _write_configuration(folder: Path, module: str, *, port: int, centres: Mapping[str, int]) -> Path:
    example = EXAMPLE.read_text(encoding="utf-8")
    ours = [f"{name}  127.0.0.1:{number};" for name, number in centres.items()]
    for shipped, line in zip(_STUDIES, [*ours, ""], strict=False):
        assert example.count(shipped) == 1
        example = example.replace(shipped, line)
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


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while not _is_open(port):
        assert time.monotonic() < deadline, "nginx does not listen"
        time.sleep(0.05)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
