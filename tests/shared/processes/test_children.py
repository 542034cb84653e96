import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import (
    beside,
    end_with_pool,
    end_with_starter,
    free_port,
    installed_program,
    plain_variables,
    require_free_port,
    start_child,
    stop_children,
)
from glsmed.shared.processes.log_files import rotate_large_logs

SLEEP = "import time; print('up', flush=True); time.sleep(300)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
)


def _wait_for(path: Path, text: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and text in path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{text!r} never came in {path}")


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended but was not yet collected counts as ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + 60
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(pid)


def test_output_goes_to_the_log_and_its_tail_can_be_shown(tmp_path: Path) -> None:
    child = start_child(
        "x", [sys.executable, "-c", "print('last words')"], log=tmp_path / "a" / "x.log", environment={}
    )
    child.process.wait()
    assert child.log_tail() == "    last words"
    assert not child.is_running()


def test_the_tail_goes_back_beyond_the_moment_when_the_log_was_moved_on(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    child = start_child("x", [sys.executable, "-c", "print('first'); print('last')"], log=log, environment={})
    child.process.wait()
    rotate_large_logs(tmp_path, most_bytes=1_000)
    assert child.log_tail() == "    first\n    last"
    rotate_large_logs(tmp_path, most_bytes=10)
    assert (log.read_text(), child.log_tail()) == ("", "    irst\n    last")


def test_a_child_can_be_kept_from_secrets_of_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_PASSWORD", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "LC_TIME"):
        monkeypatch.setenv(name, f"of {name}")
    program = [sys.executable, "-c", "import os; print(dict(os.environ))"]
    for name, inherited in (("all", None), ("plain", plain_variables(os.environ))):
        child = start_child("x", program, log=tmp_path / f"{name}.log", environment={"ITS": "own"}, inherited=inherited)
        child.process.wait()
    everything, plain = ((tmp_path / f"{name}.log").read_text() for name in ("all", "plain"))
    assert "MLFLOW_TRACKING_PASSWORD" in everything
    assert not any(word in plain for word in ("MLFLOW", "SECRET", "HTTPS_PROXY"))
    assert all(word in plain for word in ("of LC_TIME", "'ITS': 'own'", "GLSMED_PARENT_PID", "PATH"))


@pytest.mark.parametrize("program", [SLEEP, STUBBORN])
def test_children_end_even_if_they_do_not_want_to(tmp_path: Path, program: str) -> None:
    child = start_child("x", [sys.executable, "-c", program], log=tmp_path / "x.log", environment={})
    _wait_for(child.log, "up")
    stop_children([child], grace_seconds=0.5)
    assert child.process.returncode in (-signal.SIGTERM, -signal.SIGKILL)


@pytest.mark.parametrize("watch", ["end_with_parent", "end_with_starter"])
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, watch: str) -> None:
    log = tmp_path / "child.log"
    grandchild = f"from glsmed.shared.processes.children import {watch}; {watch}(); {SLEEP}"
    parent = (
        "import sys, time; from pathlib import Path; from glsmed.shared.processes.children import start_child;"
        f"c = start_child('c', [sys.executable, '-c', {grandchild!r}], log=Path({str(log)!r}), environment={{}});"
        "print(c.process.pid, flush=True); time.sleep(300)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        _wait_for(log, "up")
        process.kill()
    _wait_until_ended(pid)


def test_a_waiting_worker_of_a_pool_ends_when_its_maker_is_killed() -> None:
    maker = (
        "import multiprocessing, os, time; from concurrent.futures import ProcessPoolExecutor;"
        "from glsmed.shared.processes.children import end_with_pool;"
        "pool = ProcessPoolExecutor(1, multiprocessing.get_context('spawn'), end_with_pool);"
        "print(pool.submit(os.getpid).result(), flush=True); time.sleep(300)"
    )
    with subprocess.Popen([sys.executable, "-c", maker], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.kill()
    _wait_until_ended(worker)


def test_a_process_that_no_pool_started_watches_for_no_pool() -> None:
    with pytest.raises(FederationError, match="no pool started"):
        end_with_pool()


def test_a_command_that_a_person_starts_watches_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", str(os.getpid())):
        monkeypatch.setenv("GLSMED_PARENT_PID", value)
        end_with_starter()
    assert "parent-watch" not in {thread.name for thread in threading.enumerate()}


def test_a_port_in_use_is_named_with_its_purpose() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FederationError, match=rf"127\.0\.0\.1:{port} \(for hospitals\): Address already in use"):
            require_free_port("127.0.0.1", port, purpose="for hospitals")


def test_a_free_port_can_be_listened_on() -> None:
    require_free_port("127.0.0.1", free_port(), purpose="a test")


def test_no_free_port_is_given_twice_or_could_be_that_of_an_outgoing_connection() -> None:
    ports = {free_port() for _ in range(300)}
    assert len(ports) == 300
    assert max(ports) < 32768  # Linux; other systems begin higher


def test_programs_come_from_this_environment() -> None:
    assert Path(installed_program("flower-superexec")).parent == Path(sys.executable).parent
    assert os.access(installed_program("flower-superexec"), os.X_OK)
    with pytest.raises(FederationError, match="no-such-program is not installed"):
        installed_program("no-such-program")


def test_a_program_beside_writes_where_this_one_writes_and_ends_with_the_block(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    note = tmp_path / "pid"
    code = f"import os,time;print('here',flush=True);open({str(note)!r},'w').write(str(os.getpid()));time.sleep(300)"
    with beside("page", [sys.executable, "-c", code]):
        while not note.exists() or not note.read_text():
            time.sleep(0.01)
    assert capfd.readouterr().out == "here\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
