import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.supervisor import child_command
from glsmed.shared.processes.children import QUIET_FLOWER, free_port


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    root = tmp_path / "study"
    made = make_study_folder(root, name="doubt", public_names=["localhost"], port=1, loopback_port=free_port())
    folder = StudyFolder(made.study_file)
    folder.prepare_state()
    folder.renew_for_this_start(folder.study())
    return made.study_file


def _group_has_ended(group: int) -> bool:
    listed = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines()[1:])
    return not any(int(row[0]) == group and not row[1].startswith("Z") for row in rows)


@pytest.mark.parametrize("seconds", [0, 5])
def test_it_ends_when_its_parent_was_killed_and_nobody_has_collected_the_parent(
    study_file: Path, tmp_path: Path, seconds: int
) -> None:
    command = child_command("rounds", study_file)
    parent = (
        "import time; from pathlib import Path; from glsmed.shared.processes.children import start_child;"
        f"c = start_child('x', {command!r}, log=Path({str(tmp_path / 'x.log')!r}), environment={QUIET_FLOWER!r});"
        "print(c.process.pid, flush=True); time.sleep(300)"
    )
    environment = {**os.environ, "FLWR_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        group = int(process.stdout.readline())
        time.sleep(seconds)  # at once, while the executor is starting; and when it is at work
        assert not _group_has_ended(group)
        process.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 120
        while not _group_has_ended(group):
            assert time.monotonic() < deadline
            time.sleep(0.1)


HEAVY = ("torch", "torchvision", "opacus", "spacy", "sklearn", "scipy")
LOADED = """
import sys
import glsmed.server.processes.round_process, glsmed.server.processes.supervisor
import glsmed.server.processes.superlink_process
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""


def test_no_process_of_the_centre_loads_what_networks_need_while_it_waits() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED, *HEAVY], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
