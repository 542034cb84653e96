import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from glsmed.server.flower.control import Control, RegisteredNode
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.run_folder import RunFolder, RunState, read_status
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.supervisor import StudySupervisor
from glsmed.shared.errors import FederationError
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import generate_private_key, make_request
from glsmed.shared.protocol.study import load_study


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    root = tmp_path / "study"
    return make_study_folder(root, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440).study_file


def test_a_second_server_on_the_same_study_is_told_of_the_first(study_file: Path) -> None:
    (study_file.parent / "state").mkdir()
    with (
        exclusive_lock(study_file.parent / "state" / "lock", work="the first"),
        pytest.raises(FederationError, match=rf"process {os.getpid()} already does this"),
    ):
        StudySupervisor(study_file, tell=lambda _: None).run()


def test_a_file_among_the_admitted_that_is_no_request_is_told_once_and_ends_nothing(study_file: Path) -> None:
    lines: list[str] = []
    supervisor = StudySupervisor(study_file, tell=lines.append)
    control = Control(StudyFolder(study_file).link_settings(load_study(study_file)))
    (study_file.parent / "sites" / "half-copied.yaml").write_text("site: st-")
    supervisor._register_sites_quietly(control)
    supervisor._register_sites_quietly(control)
    (line,) = lines
    assert "half-copied.yaml:1" in line


def test_a_damaged_database_is_named_with_its_remedy(study_file: Path) -> None:
    database = study_file.parent / "state" / "superlink.db"
    database.parent.mkdir()
    database.write_text("not what it was" * 100)
    with pytest.raises(FederationError, match=rf"{database}: file is not a database: move it away; "):
        StudySupervisor(study_file, tell=lambda _: None).run()


class FakeControl:
    """Stands in for the SuperLink's Control API; ``on_list`` is called while the registered nodes are listed."""

    def __init__(self, on_list: Callable[[], object]) -> None:
        self.registered: list[str] = []
        self._on_list = on_list

    def nodes(self) -> list[RegisteredNode]:
        self._on_list()
        return []

    def register(self, public_key: str, *, site: str) -> int:
        self.registered.append(site)
        return len(self.registered)


def test_a_site_that_is_removed_while_the_registry_is_taken_up_does_not_end_the_study(study_file: Path) -> None:
    folder = StudyFolder(study_file)
    request = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab")
    admitted = folder.sites / "st-mary.yaml"
    admitted.write_text(dump_yaml(request.model_dump()))
    lines: list[str] = []
    control = FakeControl(on_list=admitted.unlink)
    StudySupervisor(study_file, tell=lines.append)._register_sites_quietly(cast("Control", control))
    assert lines == ["st-mary may join"]
    assert folder.site_by_node() == {1: "st-mary"}


@pytest.mark.parametrize(
    ("ending", "state", "message"),
    [
        (KeyboardInterrupt(), "interrupted", "flwr-server was stopped: start it again to go on"),
        (SystemExit(143), "interrupted", "flwr-server was stopped: start it again to go on"),
        (FederationError("superlink keeps dying"), "failed", "superlink keeps dying"),
    ],
)
def test_whatever_ends_the_centre_the_status_does_not_go_on_saying_that_it_runs(
    study_file: Path, ending: BaseException, state: str, message: str
) -> None:
    supervisor = StudySupervisor(study_file, tell=lambda _: None)
    RunFolder(supervisor.run_folder).report(RunState("running", "round 2 of 5", round=2, rounds=5))
    with pytest.raises(type(ending)), supervisor._status_kept_true():
        raise ending
    status = read_status(supervisor.run_folder)
    assert status is not None
    assert (status.state, status.message, status.round) == (state, message, 2)


def test_a_study_that_finished_stays_finished(study_file: Path) -> None:
    supervisor = StudySupervisor(study_file, tell=lambda _: None)
    with supervisor._status_kept_true():
        RunFolder(supervisor.run_folder).report(RunState("finished", "round 5 is kept"))
    status = read_status(supervisor.run_folder)
    assert status is not None
    assert (status.state, status.message) == ("finished", "round 5 is kept")
