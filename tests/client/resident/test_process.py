import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flwr.app import Error

from glsmed.client.node.flower.task_queue import TaskQueue
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.resident import process
from glsmed.client.resident.process import serve_tasks
from glsmed.client.settings.config import SiteConfig


class _StopError(Exception):
    """Ends the loop, which otherwise ends with its process."""


class _Queue(TaskQueue):
    """Gives one outcome after another: whether there was a task, or that the SuperNode is away."""

    def __init__(self, ready: Path, outcomes: list[bool | ConnectionError]) -> None:
        self.was_ready: list[bool] = []
        self.release_error: Callable[[Exception], Error] | None = None
        self.waited = 0
        self._ready, self._outcomes = ready, outcomes

    def wait(self) -> None:
        self.waited += 1

    def run_next(self, _app: object, *, check_bundle: object, release_error: Callable[[Exception], Error]) -> bool:
        self.was_ready.append(self._ready.exists())
        self.release_error = release_error
        if not self._outcomes:
            raise _StopError
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, ConnectionError):
            raise outcome
        return outcome


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the resident waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("glsmed.client.resident.process.time.sleep", waited.append)
    return waited


def serve(config: SiteConfig, outcomes: list[bool | ConnectionError]) -> _Queue:
    queue = _Queue(config.state.resident_ready, outcomes)
    with pytest.raises(_StopError):
        serve_tasks(config, queue)
    return queue


def test_a_site_is_ready_before_its_first_task_and_says_how_large_a_message_may_be(
    drawn_config: SiteConfig, waits: list[float]
) -> None:
    assert serve(drawn_config, []).was_ready == [True]
    assert int(drawn_config.state.resident_ready.read_text()) > 1_000_000


def test_it_waits_only_where_there_was_no_task_and_longer_where_the_supernode_is_away(
    drawn_config: SiteConfig, waits: list[float]
) -> None:
    queue = serve(drawn_config, [True, True, False, ConnectionError("starting again"), True])
    assert (queue.waited, waits) == (1, [0.5])


def test_errors_leave_through_the_sites_gate(drawn_config: SiteConfig, waits: list[float]) -> None:
    queue = serve(drawn_config, [])
    assert queue.release_error is not None
    assert queue.release_error(ValueError("patient-4711")).reason == "ValueError"
    assert "patient-4711" not in drawn_config.state.audit_log.read_text()


def test_a_wrong_number_of_words_says_which_are_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "end_with_parent", lambda: None)
    monkeypatch.setattr("glsmed.client.resident.process.signal.signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["resident"])
    with pytest.raises(SystemExit, match=r"resident CONFIG PORT"):
        process.main()


def test_the_process_serves_its_site_on_the_given_port(
    write_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[str, NodeSettings]] = []
    monkeypatch.setattr(process, "end_with_parent", lambda: None)
    monkeypatch.setattr(process, "configure_process_logging", lambda **_: None)
    monkeypatch.setattr("glsmed.client.resident.process.signal.signal", lambda *_: None)
    monkeypatch.setattr(process, "TaskQueue", lambda settings: settings)
    monkeypatch.setattr(process, "serve_tasks", lambda config, queue: served.append((config.site, queue)))
    monkeypatch.setattr(sys, "argv", ["resident", str(write_config()), "9000"])
    process.main()
    assert [(site, settings.runtime_address) for site, settings in served] == [("st-mary", "127.0.0.1:9000")]
