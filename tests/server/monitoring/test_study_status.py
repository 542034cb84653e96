import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import RunFolder, RunState, read_status
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.study_status import study_status
from glsmed.shared.files.exclusive_lock import exclusive_lock

from .conftest import NOW, RUNNING, record

HOLD = (
    "import sys, time; from pathlib import Path; from glsmed.shared.files.exclusive_lock import exclusive_lock\n"
    "with exclusive_lock(Path(sys.argv[1]), work='a study'): print('held', flush=True); time.sleep(300)"
)


@contextmanager
def _centre(folder: StudyFolder, *, ago_seconds: float = 600) -> Iterator[None]:
    """A centre that took the lock some time ago."""
    with exclusive_lock(folder.lock, work="a study"):
        moment = folder.lock.stat().st_mtime - ago_seconds
        os.utime(folder.lock, (moment, moment))
        yield


def test_a_study_that_was_never_started_says_how_to_start_it(folder: StudyFolder) -> None:
    status = study_status(folder, now=NOW)
    assert (status.state, status.centre_runs, status.round, status.rounds) == ("not started", False, 0, 50)
    assert status.message == f"start it with: flwr-server --study {folder.study_file}"
    assert list(status.sites) == ["sakura", "st-mary"]


def test_the_model_to_begin_with_is_no_round(folder: StudyFolder) -> None:
    (folder.run / "checkpoints").mkdir(parents=True)
    (folder.run / "checkpoints" / "round-0000.safetensors").touch()
    assert study_status(folder, now=NOW).state == "not started"
    RunFolder(folder.run).report(RunState("waiting", "waiting for sites", rounds=50))
    assert (
        study_status(folder, now=NOW).message == "no flwr-server runs this study: start it again to begin with round 1"
    )


@pytest.mark.usefixtures("run")
def test_a_running_study_is_what_the_centre_wrote(folder: StudyFolder) -> None:
    with _centre(folder):
        status = study_status(folder, now=NOW)
    assert (status.state, status.message) == ("running", RUNNING.message)
    assert (status.round, status.rounds, status.rounds_done, status.attempt, status.quorum) == (3, 50, 2, 2, 2)
    assert (status.waiting_for, status.since) == (("sakura",), RUNNING.since)
    assert (status.deadline_at, status.last_round) == (RUNNING.deadline_at, record(3, accepted=False))


@pytest.mark.usefixtures("run")
def test_time_left_is_the_median_of_the_rounds_that_counted_times_those_that_are_left(folder: StudyFolder) -> None:
    assert study_status(folder, now=NOW).seconds_left == 40 * 48


@pytest.mark.usefixtures("run")
def test_a_study_that_was_stopped_before_its_last_round_has_no_time_left(folder: StudyFolder) -> None:
    RunFolder(folder.run).report(RunState("finished", "round 2 is kept", round=2, rounds=50))
    assert study_status(folder, now=NOW).seconds_left == 0


@pytest.mark.usefixtures("run")
def test_validation_is_the_mean_over_sites_of_the_last_validated_round(folder: StudyFolder) -> None:
    status = study_status(folder, now=NOW)
    assert status.validation_round == 2
    assert dict(status.validation) == pytest.approx({"auroc": 0.8})


@pytest.mark.usefixtures("run")
def test_each_site_has_its_presence_and_its_record(folder: StudyFolder) -> None:
    with _centre(folder):
        sites = study_status(folder, now=NOW).sites
    assert (sites["st-mary"].online, sites["sakura"].online) == (True, False)
    assert (sites["st-mary"].is_waited_for, sites["sakura"].is_waited_for) == (False, True)
    assert (sites["sakura"].counted, sites["sakura"].not_counted, sites["sakura"].last_reason) == (2, 1, "late")
    assert (sites["st-mary"].counted, sites["st-mary"].last_reason) == (2, "")


@pytest.mark.usefixtures("run")
def test_a_site_is_offline_a_minute_after_it_was_seen(folder: StudyFolder) -> None:
    with _centre(folder):
        assert study_status(folder, now=NOW + timedelta(seconds=58)).sites["st-mary"].online
        assert not study_status(folder, now=NOW + timedelta(seconds=59)).sites["st-mary"].online


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_study_whose_centre_was_killed_is_interrupted_whatever_its_file_says(
    folder: StudyFolder, run: RunFolder, number: signal.Signals
) -> None:
    (folder.run / "checkpoints").mkdir()
    for done in (0, 1, 2):
        (folder.run / "checkpoints" / f"round-{done:04d}.safetensors").touch()
    command = [sys.executable, "-c", HOLD, str(folder.lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as centre:
        assert centre.stdout is not None
        centre.stdout.readline()
        run.report(RUNNING)
        assert study_status(folder, now=NOW).state == "running"
        centre.send_signal(number)
    status = study_status(folder, now=NOW)
    assert (status.state, status.centre_runs) == ("interrupted", False)
    assert status.message == "no flwr-server runs this study: start it again to go on after round 2"
    assert (status.waiting_for, status.since, status.sites["st-mary"].online) == ((), "", False)
    written = read_status(folder.run)
    assert written is not None
    assert written.state == "running"  # the positive control: the file alone would lie


@pytest.mark.usefixtures("run")
def test_a_centre_that_has_just_started_does_not_inherit_an_old_state(folder: StudyFolder) -> None:
    old = (folder.run / "status.json").stat().st_mtime
    with _centre(folder, ago_seconds=0):
        os.utime(folder.run / "status.json", (old - 60, old - 60))
        status = study_status(folder, now=NOW)
    assert (status.state, status.message, status.waiting_for) == ("starting", "flwr-server is starting", ())


@pytest.mark.parametrize("state", ["finished", "failed"])
def test_a_study_that_has_ended_stays_so(folder: StudyFolder, state: str) -> None:
    RunFolder(folder.run).report(RunState(state, "why", round=50, rounds=50))  # type: ignore[arg-type]  # one of two
    status = study_status(folder, now=NOW)
    assert (status.state, status.message, status.has_ended) == (state, "why", True)
    with _centre(folder):
        assert not study_status(folder, now=NOW).has_ended


@pytest.mark.usefixtures("run")
def test_looking_changes_no_file(folder: StudyFolder) -> None:
    def contents(root: Path) -> dict[Path, tuple[bytes, int]]:
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}

    before = contents(folder.root)
    study_status(folder, now=NOW)
    assert contents(folder.root) == before
