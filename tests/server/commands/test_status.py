import json
import pty
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from typer.testing import CliRunner

from glsmed.server.cli import app
from glsmed.server.folders.run_folder import RoundRecord, RunFolder, RunState
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.folders.study_template import study_template
from glsmed.shared.files.exclusive_lock import exclusive_lock

PROGRAM = Path(sys.executable).parent / "flwr-server"


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    made = StudyFolder.at(tmp_path)
    made.study_file.write_text(study_template("doubt", public_names=["localhost"]))
    made.prepare_state()
    run = RunFolder(made.run)
    run.add_round(RoundRecord(1, 1, 40.0, accepted=True, counted={"st-mary": 100}, not_counted={}))
    run.report(RunState("finished", "round 1 is kept", round=1, rounds=1))
    return made


def _status(folder: StudyFolder, *options: str) -> Result:
    return CliRunner().invoke(app, ["--study", str(folder.study_file), "status", *options])


def test_people_get_lines(folder: StudyFolder) -> None:
    done = _status(folder)
    assert done.exit_code == 0
    assert done.output.startswith("study doubt: finished, round 1 of 1\n  round 1 is kept\n")


def test_programs_get_json(folder: StudyFolder) -> None:
    content = json.loads(_status(folder, "--json").output)
    assert (content["study"], content["state"], content["centre_runs"]) == ("doubt", "finished", False)
    assert content["last_round"]["seconds"] == 40.0


def test_watching_ends_with_the_study_and_tells_each_change_once(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(folder.run)
    later = iter(
        [
            RunState("running", "round 1 of 2: training", round=1, rounds=2, updated_at="changed only here"),
            RunState("running", "round 2 of 2: training", round=2, rounds=2),
            RunState("finished", "round 2 is kept", round=2, rounds=2),
        ]
    )
    with exclusive_lock(folder.lock, work="a study"):
        run.report(RunState("running", "round 1 of 2: training", round=1, rounds=2))

        def wait(_: float) -> None:
            state = next(later, None)
            if state is None:
                raise KeyboardInterrupt  # the centre still holds its lock, so the watch would go on
            run.report(state)

        own_time = SimpleNamespace(sleep=wait, strftime=time.strftime)  # other threads of a test run sleep as ever
        monkeypatch.setattr("glsmed.server.commands.status.time", own_time)
        done = _status(folder, "--watch")
    assert done.exit_code == 0
    assert [line.split(" ", 1)[1] for line in done.output.splitlines()] == [
        "running, round 1 of 2: round 1 of 2: training",
        "running, round 2 of 2: round 2 of 2: training",
        "finished, round 2 of 2: round 2 is kept",
    ]


def test_watching_a_study_that_has_ended_shows_it_once(folder: StudyFolder) -> None:
    assert len(_status(folder, "--watch").output.splitlines()) == 1
    (line,) = _status(folder, "--watch", "--json").output.splitlines()
    assert json.loads(line)["state"] == "finished"


def test_on_a_terminal_the_whole_status_is_drawn(folder: StudyFolder) -> None:
    ours, theirs = pty.openpty()
    command = [str(PROGRAM), "--study", str(folder.study_file), "status", "--watch"]
    with open(ours, "rb", buffering=0) as screen, subprocess.Popen(command, stdout=theirs, stderr=theirs) as program:  # noqa: PTH123  # a descriptor
        timer = threading.Timer(60, program.kill)
        timer.start()
        program.wait()
        timer.cancel()
        shown = screen.read(100_000).decode()
    assert program.returncode == 0
    assert re.search(r"study doubt: finished, round 1 of 1\s+round 1 is kept", shown)


def test_a_damaged_file_is_one_clear_error(folder: StudyFolder) -> None:
    (folder.run / "rounds.jsonl").write_text("{\n")
    done = subprocess.run(
        [str(PROGRAM), "--study", str(folder.study_file), "status"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: .*rounds\.jsonl is damaged .*\n", done.stderr)
