import os
from pathlib import Path

import pytest

from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.run_folder import RunFolder, RunState, read_status
from glsmed.server.processes.supervisor import StudySupervisor
from glsmed.shared.errors import FederationError, UsageError
from glsmed.shared.files.exclusive_lock import exclusive_lock


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


def test_a_quorum_above_the_admitted_sites_is_told_with_its_remedy_and_every_bad_file(study_file: Path) -> None:
    (study_file.parent / "sites" / "half-copied.yaml").write_text("site: st-")
    with pytest.raises(UsageError) as caught:
        StudySupervisor(study_file, tell=lambda _: None).run()
    said = str(caught.value)
    assert "0 site(s) admitted (none), the quorum is 2" in said
    assert "flwr-server admit request.yaml" in said
    assert "half-copied.yaml:1" in said


def test_a_damaged_database_is_named_with_its_remedy(study_file: Path) -> None:
    database = study_file.parent / "state" / "superlink.db"
    database.parent.mkdir()
    database.write_text("not what it was" * 100)
    with pytest.raises(FederationError, match=rf"{database}: file is not a database: move it away; "):
        StudySupervisor(study_file, tell=lambda _: None).run()


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
