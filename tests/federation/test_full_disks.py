"""A disk that is full, at either end: said with the remedy, nothing that was kept is damaged, and the study goes on.

``RLIMIT_FSIZE`` plays the full disk: a file may not become longer, as on a disk without room, in one process only.
"""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.files.audit import verify

from .conftest import SITES
from .stages import Running, running_federation

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = 3
NO_ROOM = 2**20  # less than any model, more than any record
ROOM = resource.RLIM_INFINITY


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with running_federation(tmp_path, rounds=ROUNDS) as made:
        yield made


def _limit(process: int, size: int) -> None:
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, ROOM))


def test_a_full_disk_at_the_centre_ends_the_study_with_the_remedy_and_it_goes_on(running: Running) -> None:
    kept = RunFolder(running.run).checkpoints.digest(1)
    _limit(running.process("round process"), NO_ROOM)
    running.centre.wait_for("error: the study failed: .* cannot be .*make room and start again", seconds=100)
    assert running.centre.process.wait(30) == 1
    assert "Traceback" not in running.centre.output()
    assert RunFolder(running.run).checkpoints.digest(1) == kept
    again = running.federation.start_centre()
    again.wait_for("done: results are in", seconds=150)
    assert f"round 1 of {ROUNDS}: training" not in again.output()


def test_a_full_disk_at_a_site_is_named_and_the_round_is_tried_again(running: Running) -> None:
    resident = running.process("resident")
    _limit(resident, NO_ROOM)
    said = running.centre.wait_for(rf"not counted: .*{SITES[0]}: ", seconds=100)
    assert "OSError" in said or "FederationError" in said or "DataError" in said
    _limit(resident, ROOM)
    running.centre.wait_for("done: results are in", seconds=150)
    assert verify(running.federation.config(SITES[0]).parent / "state" / "audit" / "audit.jsonl").first_broken is None


def test_a_full_disk_of_the_superlink_passes_by_itself_once_there_is_room(running: Running) -> None:
    superlink = running.process("SuperLink")
    _limit(superlink, NO_ROOM)
    with pytest.raises(AssertionError, match="round 2"):
        running.wait_for_round(2, seconds=20)
    _limit(superlink, ROOM)
    running.centre.wait_for("done: results are in", seconds=200)
