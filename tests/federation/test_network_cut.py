"""A hospital's line is cut in the middle of an upload: nothing passes, nobody is told, later it goes on by itself."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import RunFolder

from .stages import Running, running_federation

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = 2
BACK_SECONDS = 60.0  # after the line was mended


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with running_federation(tmp_path, rounds=ROUNDS) as made:
        yield made


@pytest.mark.parametrize("seconds", [8, 60])
def test_a_cut_costs_its_own_time_and_at_most_one_round(
    running: Running, seconds: float, record_property: Callable[[str, object], None]
) -> None:
    assert running.wait_for_stage("upload") == ROUNDS
    running.line.cut()
    time.sleep(seconds)
    assert running.last_round() == 1
    running.line.mend()
    mended = time.monotonic()
    running.wait_for_round(ROUNDS, seconds=BACK_SECONDS)
    record_property("seconds", round(time.monotonic() - mended, 1))
    running.centre.wait_for("done: results are in", seconds=60)
    attempts = Counter(record.round for record in RunFolder(running.run).rounds())
    record_property("attempts", attempts[ROUNDS])
    assert attempts[1] == 1
    assert attempts[ROUNDS] <= 2
