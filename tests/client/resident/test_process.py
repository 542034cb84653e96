import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flwr.app import Context, Error, Message, RecordDict

from glsmed.benchmarks.federation.local_grid import LocalGrid
from glsmed.client.node.flower.task_queue import ClientAppCall, TaskQueue
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.resident import process
from glsmed.client.resident.process import serve_tasks
from glsmed.client.settings.config import SiteConfig
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import DataError, TaskRefusedError
from glsmed.shared.files.atomic import write_bytes
from glsmed.shared.protocol.enrolment import generate_private_key


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

    def run_next(
        self, app: ClientAppCall, *, check_bundle: object, release_error: Callable[[Exception], Error]
    ) -> bool:
        self.was_ready.append(self._ready.exists())
        self.app = app
        self.release_error = release_error
        if not self._outcomes:
            raise _StopError
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, ConnectionError):
            raise outcome
        return outcome


@pytest.fixture
def joined_config(drawn_config: SiteConfig, tmp_path: Path) -> SiteConfig:
    """The drawn site with its own key and the certificate of its study's authority."""
    certificates = CertificateFolder(tmp_path / "pki")
    certificates.create(study="chest-doubt", public_names=["localhost"])
    drawn_config.centre.ca_certificate.write_bytes(certificates.ca_certificate.read_bytes())
    write_bytes(drawn_config.key, generate_private_key(), mode=0o600)
    return drawn_config


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
    joined_config: SiteConfig, waits: list[float]
) -> None:
    assert serve(joined_config, []).was_ready == [True]
    assert int(joined_config.state.resident_ready.read_text()) > 1_000_000


def test_it_waits_only_where_there_was_no_task_and_longer_where_the_supernode_is_away(
    joined_config: SiteConfig, waits: list[float]
) -> None:
    queue = serve(joined_config, [True, True, False, ConnectionError("starting again"), True])
    assert (queue.waited, waits) == (1, [0.5])


def test_errors_leave_through_the_sites_gate(joined_config: SiteConfig, waits: list[float]) -> None:
    queue = serve(joined_config, [])
    assert queue.release_error is not None
    assert queue.release_error(ValueError("patient-4711")).reason == "ValueError"
    assert "patient-4711" not in joined_config.state.audit_log.read_text()


def test_what_it_runs_obeys_only_its_centre(joined_config: SiteConfig, waits: list[float]) -> None:
    app = serve(joined_config, []).app
    LocalGrid({})  # Flower asks who this process is
    message = Message(RecordDict(), 1, "query", ttl=60.0, group_id="1")
    with pytest.raises(TaskRefusedError):
        app(message, Context(1, 1, {}, RecordDict(), {}))


def test_a_site_without_its_key_serves_nothing(joined_config: SiteConfig, waits: list[float]) -> None:
    joined_config.key.unlink()
    with pytest.raises(DataError, match="no such key"):
        serve_tasks(joined_config, _Queue(joined_config.state.resident_ready, []))


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
    monkeypatch.setattr(process, "log_uncaught", lambda: None)
    monkeypatch.setattr("glsmed.client.resident.process.signal.signal", lambda *_: None)
    monkeypatch.setattr(process, "TaskQueue", lambda settings: settings)
    monkeypatch.setattr(process, "serve_tasks", lambda config, queue: served.append((config.site, queue)))
    monkeypatch.setattr(sys, "argv", ["resident", str(write_config()), "9000"])
    process.main()
    assert [(site, settings.runtime_address) for site, settings in served] == [("st-mary", "127.0.0.1:9000")]
