"""The SuperNode's own process at a centre that comes and goes."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from glsmed.client.node import supernode_process
from glsmed.client.node.flower.supernode import supernode_arguments
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.supernode_process import LOST_CONNECTION, PROXY_VARIABLE
from glsmed.shared.processes.children import QUIET_FLOWER, free_port

from .stand_ins import (
    Authority,
    Centre,
    ConnectProxy,
    accepting,
    close_after_hello,
    public_key,
    reset,
    serving,
    site,
    speak_plain_http,
)

real_process = pytest.mark.processes


class _EndedError(Exception):
    """Stands for the end of this process."""


@pytest.mark.parametrize(
    ("end", "exit_code"),
    [
        (None, LOST_CONNECTION),
        (SystemExit(0), LOST_CONNECTION),
        (SystemExit(1), LOST_CONNECTION),
        (SystemExit(2), 1),
        (RuntimeError("a fault of the program"), 1),
    ],
)
def test_only_the_end_of_a_connection_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], end: BaseException | None, exit_code: int
) -> None:
    def run(*_: object, **__: object) -> None:
        if end is not None:
            raise end

    def stop(code: int) -> None:
        raise _EndedError(code)

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(supernode_process, "run_supernode", run)
    monkeypatch.setattr(supernode_process, "end_with_parent", lambda: None)
    monkeypatch.setattr(os, "_exit", stop)
    monkeypatch.setattr(sys, "argv", ["supernode_process", "1000", "bell"])
    with pytest.raises(_EndedError) as ended:
        supernode_process.main()
    assert ended.value.args == (exit_code,)
    assert ("a fault of the program" in capsys.readouterr().err) == isinstance(end, RuntimeError)


@pytest.mark.parametrize(("fault", "ends"), [(RuntimeError("not recognized"), [LOST_CONNECTION]), (SystemExit(), [])])
def test_a_thread_that_fails_ends_the_process_which_is_started_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: BaseException, ends: list[int]
) -> None:
    def fail() -> None:
        raise fault

    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(threading, "excepthook", supernode_process._end_with_a_thread)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert codes == ends
    assert ("not recognized" in capsys.readouterr().err) == bool(ends)


@dataclass
class SuperNode:
    """A running SuperNode."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> int:
        return self.process.wait(60)

    def tries(self) -> int:
        return len(re.findall("Connection attempt failed", self.log.read_text()))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., SuperNode]]:
    """A function that starts a site's SuperNode."""
    started: list[SuperNode] = []

    def run(settings: NodeSettings, *, proxy: str = "") -> SuperNode:
        settings.superexec_secret.write_text("ab" * 32)
        command = [sys.executable, "-m", "glsmed.client.node.supernode_process", "1000000", str(settings.bell)]
        environment = {**os.environ, **QUIET_FLOWER, "FLWR_HOME": str(tmp_path), PROXY_VARIABLE: proxy}
        log = tmp_path / f"supernode-{len(started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *supernode_arguments(settings)], stdout=output, stderr=subprocess.STDOUT, env=environment
            )
        started.append(SuperNode(process, log))
        return started[-1]

    yield run
    for node in started:
        node.process.kill()
        node.process.wait()


def _settled(folder: Path, centre: Centre, port: int, authority: Authority) -> NodeSettings:
    settings = site(folder, f"127.0.0.1:{port}", authority.certificate)
    centre.admitted.add(public_key(settings))
    return replace(settings, runtime_port=free_port())


def _polled(centre: Centre, node: SuperNode) -> None:
    """Wait until the SuperNode has asked this centre for work."""
    _until(lambda: "pull-messages" in centre.calls, node)


def _until(condition: Callable[[], bool], node: SuperNode) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, node.log.read_text()
        assert node.process.poll() is None, node.log.read_text()
        time.sleep(0.05)


@real_process
def test_what_stands_before_a_centre_that_is_down_does_not_end_the_supernode(
    tmp_path: Path, authority: Authority, start: Callable[..., SuperNode]
) -> None:
    centre, back, files, port = Centre(), Centre(), authority.issue("127.0.0.1"), free_port()
    settings = _settled(tmp_path, centre, port, authority)
    back.admitted = centre.admitted
    with serving(centre.app(), files, port=port):
        node = start(settings)
        _polled(centre, node)
    for handler in (close_after_hello, reset, speak_plain_http):
        before = node.tries()
        with accepting(handler, port=port):
            _until(lambda before=before: node.tries() > before, node)  # type: ignore[misc]
    with serving(back.app(), files, port=port):
        _polled(back, node)
    assert "activate-node" not in back.calls  # the same session goes on


@real_process
def test_an_expired_certificate_ends_the_supernode_as_a_lost_connection(
    tmp_path: Path, authority: Authority, start: Callable[..., SuperNode]
) -> None:
    """Flower's main thread ends then, and its other thread would keep a process that does nothing any more."""
    centre, port = Centre(), free_port()
    with serving(centre.app(), authority.issue("127.0.0.1"), port=port):
        node = start(_settled(tmp_path, centre, port, authority))
        _polled(centre, node)
    with serving(centre.app(), authority.issue("127.0.0.1", valid_until=-timedelta(hours=1)), port=port):
        assert node.wait() == LOST_CONNECTION


@real_process
def test_a_clock_that_is_set_wrong_ends_the_supernode_as_a_lost_connection(
    tmp_path: Path, authority: Authority, start: Callable[..., SuperNode]
) -> None:
    centre, port = Centre(), free_port()
    with serving(centre.app(), authority.issue("127.0.0.1"), port=port):
        node = start(_settled(tmp_path, centre, port, authority))
        _polled(centre, node)
        centre.ahead = 600
        assert node.wait() == LOST_CONNECTION


@real_process
def test_a_centre_that_refuses_at_the_start_is_a_lost_connection(
    tmp_path: Path, authority: Authority, start: Callable[..., SuperNode]
) -> None:
    centre, port = Centre(), free_port()
    settings = _settled(tmp_path, centre, port, authority)
    centre.admitted.clear()
    with serving(centre.app(), authority.issue("127.0.0.1"), port=port):
        assert start(settings).wait() == LOST_CONNECTION


@real_process
def test_the_supernode_goes_through_the_proxy_and_does_not_log_its_password(
    tmp_path: Path, authority: Authority, start: Callable[..., SuperNode]
) -> None:
    centre, proxy = Centre(), ConnectProxy(login="nurse:s3cret")
    with serving(centre.app(), authority.issue("127.0.0.1")) as port, accepting(proxy) as proxy_port:
        node = start(_settled(tmp_path, centre, port, authority), proxy=f"http://nurse:s3cret@127.0.0.1:{proxy_port}")
        _polled(centre, node)
    assert set(proxy.asked) == {f"127.0.0.1:{port}"}
    assert "s3cret" not in node.log.read_text()
