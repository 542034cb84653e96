"""Child processes: started with a log, watched, and never left behind."""

import multiprocessing
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from glsmed.shared.errors import FederationError
from glsmed.shared.processes.log_files import earlier_part

LOG_TAIL_LINES = 15
_PARENT_POLL_SECONDS = 0.5
_PARENT_VARIABLE = "GLSMED_PARENT_PID"
_FREE_PORTS = range(20_000, 30_000)  # systems take the port of an outgoing connection from above
_GIVEN_PORTS: deque[int] = deque(maxlen=500)  # by this process
QUIET_FLOWER = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
}

# what a program needs to find its files, its language and its cores; not: passwords, tokens, addresses of services
_PLAIN_VARIABLES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "TZ", "USER"}
    | {"LD_LIBRARY_PATH", "NO_PROXY", "no_proxy", "VIRTUAL_ENV", "GLSMED_LOG_FORMAT"}
)
_PLAIN_PREFIXES = ("LC_", "PYTHON", "OMP_", "MKL_", "OPENBLAS_", "MALLOC_")


def plain_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that hold no secret, for a child that speaks with others over a network."""
    return {
        name: value
        for name, value in environment.items()
        if name in _PLAIN_VARIABLES or name.startswith(_PLAIN_PREFIXES)
    }


@dataclass(frozen=True, slots=True)
class Child:
    """A running process with its log file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def log_tail(self) -> str:
        """The last lines of its log, for an error message."""
        parts = [part for part in (earlier_part(self.log), self.log) if part.exists()]
        lines = [line for part in parts for line in part.read_text(encoding="utf-8", errors="replace").splitlines()]
        return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:])


def start_child(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    inherited: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
) -> Child:
    """Start a program in a process group of its own.

    Args:
        name: what messages call it.
        command: the program and its arguments; no shell reads them.
        log: its output is appended here.
        environment: variables beside the inherited ones.
        inherited: variables of this process that it gets; None: all of them.
        descriptors: open files and sockets that the child inherits under the same numbers.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # fixed programs of this installation, no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**(os.environ if inherited is None else inherited), **environment, _PARENT_VARIABLE: str(os.getpid())},
            start_new_session=True,
            pass_fds=descriptors,
        )
    return Child(name=name, process=process, log=log)


@contextmanager
def beside(name: str, command: Sequence[str]) -> Iterator[None]:
    """Run a program while the block runs. It writes where this one writes, and nothing depends on it: it may end first.

    Args:
        name: what messages call it.
        command: the program and its arguments; no shell reads them.
    """
    environment = {**os.environ, _PARENT_VARIABLE: str(os.getpid())}
    process = subprocess.Popen(  # noqa: S603  # fixed programs of this installation, no shell
        list(command), stdin=subprocess.DEVNULL, env=environment, start_new_session=True
    )
    try:
        yield
    finally:
        stop_children([Child(name, process, Path(os.devnull))])


def stop_children(children: Sequence[Child], *, grace_seconds: float = 8.0) -> None:
    """End every process group: with SIGTERM, and after ``grace_seconds`` with SIGKILL."""
    for child in children:
        _signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    for child in children:
        with suppress(subprocess.TimeoutExpired):  # the group is killed below
            child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        _signal_group(child, signal.SIGKILL)
        child.process.wait()


def _signal_group(child: Child, number: signal.Signals) -> None:
    try:
        os.killpg(child.process.pid, number)
    except ProcessLookupError:
        return  # the whole group is gone


def installed_program(name: str) -> str:
    """The path of a console program of this Python environment.

    Raises:
        FederationError: it is not installed beside the running Python.
    """
    path = Path(sys.executable).parent / name
    if not path.is_file():
        raise FederationError(f"{name} is not installed beside {sys.executable}: install glsmed again")
    return str(path)


def end_with_parent() -> None:
    """Start a thread that ends this process group once the parent is gone, even if the parent was killed.

    The parent is the one that :func:`start_child` noted, since it may be gone before this process has started up.
    """
    parent = int(os.environ.get(_PARENT_VARIABLE, os.getppid()))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL_SECONDS)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def end_with_starter() -> None:
    """Like :func:`end_with_parent`, but do nothing when a person started this process from a terminal."""
    if os.environ.get(_PARENT_VARIABLE) == str(os.getppid()):
        end_with_parent()


def end_with_pool() -> None:
    """End this worker of a pool of processes when the process that made the pool ends, even by kill -9.

    A worker that waits for work would otherwise wait for ever: it holds both ends of the queue. Only this process
    ends, since workers share a process group with whoever started the program.
    """
    maker = multiprocessing.parent_process()
    if maker is None:
        raise FederationError("expected a worker of a pool of processes, got a process that no pool started")

    def watch() -> None:
        maker.join()  # on a pipe that closes with the other process
        os._exit(1)

    threading.Thread(target=watch, name="pool-watch", daemon=True).start()


def free_port() -> int:
    """A TCP port on the loopback interface that was free a moment ago, and that this process was not given lately.

    Raises:
        FederationError: none is free.
    """
    first = secrets.randbelow(len(_FREE_PORTS))
    for number in range(len(_FREE_PORTS)):
        port = _FREE_PORTS[(first + number) % len(_FREE_PORTS)]
        if port not in _GIVEN_PORTS and _is_free(port):
            _GIVEN_PORTS.append(port)
            return port
    raise FederationError(f"every port from {_FREE_PORTS[0]} to {_FREE_PORTS[-1]} is taken: stop the other programs")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_free_port(host: str, port: int, *, purpose: str) -> None:
    """Raise if nothing can listen on ``host:port``.

    Raises:
        FederationError: another program listens there, or the address is not this machine's.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise FederationError(
                f"cannot listen on {host}:{port} ({purpose}): {error.strerror}; "
                "stop the other program or choose another port in study.yaml"
            ) from None
