import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.node.node_settings import NodeSettings
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
