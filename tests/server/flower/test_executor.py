"""Runs taken from a real SuperLink by our own executor."""

import time
from contextlib import closing
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from flwr.common.constant import HEARTBEAT_CALL_TIMEOUT
from flwr.serverapp import Grid
from flwr.supercore import heartbeat
from flwr.supercore.runtime import RuntimeHttpClient

from glsmed.server.flower.executor import RunTasks, require_own_bundle
from glsmed.server.flower.store_grid import StoreGrid
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import free_port
from glsmed.shared.protocol.bundle import bundle_bytes, zip_bundle

from .conftest import Link


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    return tmp_path / "incoming"


def _status(link: Link, run_id: int) -> tuple[str, str, str]:
    run = next(run for run in link.control.runs() if run.run_id == run_id)
    return run.status, run.sub_status, run.details


def test_a_run_is_done_by_our_own_round_loop(link: Link, incoming: Path) -> None:
    grids: list[Grid] = []
    with closing(RunTasks(link.settings, incoming=incoming)) as tasks:
        run_id = link.control.start_run(bundle_bytes())
        assert tasks.run_next(grids.append)
    (grid,) = grids
    assert isinstance(grid, StoreGrid)
    assert grid.run.run_id == run_id
    assert _status(link, run_id) == ("finished", "completed", "")


def test_without_a_run_there_is_nothing_to_do(link: Link, incoming: Path) -> None:
    with closing(RunTasks(link.settings, incoming=incoming)) as tasks:
        assert not tasks.run_next(lambda grid: pytest.fail("there is no run"))


def test_an_error_of_the_round_loop_fails_the_run(link: Link, incoming: Path) -> None:
    def fail(grid: Grid) -> None:
        raise FederationError("no quorum")

    with closing(RunTasks(link.settings, incoming=incoming)) as tasks:
        run_id = link.control.start_run(bundle_bytes())
        with pytest.raises(FederationError, match="no quorum"):
            tasks.run_next(fail)
    assert _status(link, run_id) == ("finished", "failed", "FederationError: no quorum")


def test_no_sign_of_life_follows_the_end_of_a_run(link: Link, incoming: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    for name in ("SendTaskHeartbeat", "PushTaskOutput"):

        def spy(client: RuntimeHttpClient, request: Any, *, name: str = name, call: Any = None) -> Any:
            said.append(name)
            return call(client, request)

        call = getattr(RuntimeHttpClient, name)
        monkeypatch.setattr(RuntimeHttpClient, name, partialmethod(spy, name=name, call=call))
    monkeypatch.setattr(heartbeat, "HEARTBEAT_DEFAULT_INTERVAL", HEARTBEAT_CALL_TIMEOUT)  # no pause
    with closing(RunTasks(link.settings, incoming=incoming)) as tasks:
        link.control.start_run(bundle_bytes())
        tasks.run_next(lambda grid: time.sleep(0.2))
        time.sleep(0.2)
    assert said.count("SendTaskHeartbeat") > 2
    assert said[-1] == "PushTaskOutput"


def test_the_bundle_must_be_our_own() -> None:
    require_own_bundle(bundle_bytes())
    with pytest.raises(FederationError, match="somebody else submitted it"):
        require_own_bundle(zip_bundle({"pyproject.toml": b""}))


def test_a_superlink_that_does_not_answer_is_one_clear_error(link: Link, incoming: Path) -> None:
    settings = replace(link.settings, loopback_port=free_port())
    with (
        closing(RunTasks(settings, incoming=incoming)) as tasks,
        pytest.raises(ConnectionError, match="the SuperLink does not answer"),
    ):
        tasks.run_next(lambda grid: None)
