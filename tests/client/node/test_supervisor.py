import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from glsmed.client.node import supervisor as supervisor_module
from glsmed.client.node.connection_faults import OutsideFaultError
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.proxy import Proxy
from glsmed.client.node.supernode_process import LOST_CONNECTION
from glsmed.client.node.supervisor import SiteSupervisor, wait_for_centre
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.processes.children import stop_children

SETTINGS = NodeSettings(
    centre="centre.example.org:8443",
    ca_certificate=Path("ca.crt"),
    private_key=Path("site.key"),
    site="st-mary",
    runtime_port=1,
    superexec_secret=Path("secret"),
    node_id_file=Path("node-id"),
    bell=Path("bell"),
)


def _probe_that_fails(times: int) -> Callable[[NodeSettings], None]:
    calls = iter(range(times + 1))

    def probe(_: NodeSettings) -> None:
        if next(calls) < times:
            raise ConnectionError("Connection refused")

    return probe


def test_waits_says_so_and_goes_on_when_the_centre_comes() -> None:
    lines: list[str] = []
    waits: list[float] = []
    wait_for_centre(SETTINGS, tell=lines.append, probe=_probe_that_fails(3), sleep=waits.append)
    assert waits == [2.0, 4.0, 8.0]
    assert lines[0] == "the centre centre.example.org:8443 is not reachable (Connection refused); trying again in 2 s"


def test_waits_no_longer_than_a_minute_between_two_tries() -> None:
    waits: list[float] = []
    wait_for_centre(SETTINGS, tell=lambda _: None, probe=_probe_that_fails(9), sleep=waits.append)
    assert max(waits) == 60.0


def test_a_refusal_is_not_waited_out() -> None:
    def refuse(_: NodeSettings) -> None:
        raise FederationError("the centre does not admit the key")

    with pytest.raises(FederationError, match="does not admit"):
        wait_for_centre(SETTINGS, tell=lambda _: None, probe=refuse, sleep=lambda _: None)


def test_a_second_client_with_the_same_state_folder_is_told_of_the_first(
    write_config: Callable[[], Path],
) -> None:
    config = write_config()
    supervisor = SiteSupervisor(config, tell=lambda _: None)
    StateFolder(config.parent / "state").prepare()
    with (
        exclusive_lock(config.parent / "state" / "lock", work="the first"),
        pytest.raises(FederationError, match=rf"process {os.getpid()} already does this"),
    ):
        supervisor.run()


def test_what_torch_compiles_is_kept_where_only_the_owner_writes(write_config: Callable[[], Path]) -> None:
    """By torch's own word for where it reads compiled steps from."""
    config = write_config()
    say = "from torch._inductor.runtime.cache_dir_utils import cache_dir; print(cache_dir())"
    child = SiteSupervisor(config, tell=lambda _: None)._start("resident", [sys.executable, "-c", say])
    child.process.wait(60)
    stop_children([child])
    assert child.log.read_text().splitlines()[-1] == str(config.parent / "state" / "compiled")


def _outside_fault(times: int) -> Callable[[NodeSettings], None]:
    calls = iter(range(times + 1))

    def probe(_: NodeSettings) -> None:
        if next(calls) < times:
            raise OutsideFaultError("its certificate has expired")

    return probe


def test_what_others_have_to_mend_ends_a_client_that_starts_and_not_one_that_has_taken_part() -> None:
    with pytest.raises(OutsideFaultError):
        wait_for_centre(SETTINGS, tell=lambda _: None, probe=_outside_fault(1), sleep=lambda _: None)
    lines: list[str] = []
    wait_for_centre(SETTINGS, tell=lines.append, has_taken_part=True, probe=_outside_fault(3), sleep=lambda _: None)
    assert len(lines) == 3
    assert "its certificate has expired" in lines[0]


def test_a_refused_key_ends_a_client_that_has_taken_part_too() -> None:
    def refuse(_: NodeSettings) -> None:
        raise FederationError("the centre does not admit the key")

    with pytest.raises(FederationError, match="does not admit"):
        wait_for_centre(SETTINGS, tell=lambda _: None, has_taken_part=True, probe=refuse, sleep=lambda _: None)


class _Deaths:
    """A supervisor whose SuperNode ends at once with an exit code, as often as it is started again."""

    def __init__(self, config: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int) -> None:
        self.lines: list[str] = []
        self.waits: list[float] = []
        self.supervisor = SiteSupervisor(config, tell=self.lines.append)
        self._program = [sys.executable, "-S", "-c", f"raise SystemExit({exit_code})"]
        monkeypatch.setattr(supervisor_module, "wait_for_centre", lambda *_, **__: None)
        own_time = SimpleNamespace(sleep=self.waits.append, monotonic=time.monotonic)
        monkeypatch.setattr(supervisor_module, "time", own_time)
        monkeypatch.setattr(self.supervisor, "_start_supernode", lambda _: self._start())
        self._start()

    def _start(self) -> None:
        self.supervisor._start("supernode", self._program).process.wait()

    def die(self, times: int) -> None:
        for _ in range(times):
            self.supervisor._revive(SETTINGS)


def test_a_connection_that_keeps_getting_lost_never_ends_the_client(
    write_config: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = _Deaths(write_config(), monkeypatch, LOST_CONNECTION)
    deaths.die(12)
    assert len(deaths.lines) == 12
    assert deaths.lines[0].startswith("lost the connection to the centre 127.0.0.1:8443; connecting again in 2 s (")
    assert deaths.waits == [2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * 7]


def test_a_supernode_that_keeps_crashing_does(
    write_config: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = _Deaths(write_config(), monkeypatch, 1)
    deaths.die(5)
    with pytest.raises(FederationError, match="supernode keeps dying"):
        deaths.die(1)


def test_the_supernode_learns_the_proxy_but_not_from_its_command_line(
    write_config: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_config()
    supervisor = SiteSupervisor(config, tell=lambda _: None)
    (config.parent / "state").mkdir()
    (config.parent / "state" / "resident.ready").write_text("1000")
    seen: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(
        supervisor_module,
        "start_child",
        lambda _, command, *, log, environment: seen.append((command, environment)),
    )
    supervisor._start_supernode(replace(SETTINGS, proxy=Proxy("http://nurse:s3cret@proxy.test:3128")))
    supervisor._start_supernode(SETTINGS)
    (with_proxy, without) = seen
    assert with_proxy[1]["GLSMED_CENTRE_PROXY"] == "http://nurse:s3cret@proxy.test:3128"
    assert "s3cret" not in " ".join(with_proxy[0])
    assert "GLSMED_CENTRE_PROXY" not in without[1]
