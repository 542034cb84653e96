"""A hospital that is gone is named within a minute, not at the round's deadline."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import SITES, Federation, make_federation

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

STEPS = 600  # it still trains when the kill comes, however late this test sees that it does
NOTICED_SECONDS = 60.0  # far below the round's deadline of two minutes
LATENESS_SECONDS = 20.0  # of a busy machine


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    made = make_federation(tmp_path, rounds=2, steps=STEPS)
    yield made
    made.stop()


def test_a_hospital_that_is_killed_while_it_trains_is_named_within_a_minute(federation: Federation) -> None:
    centre = federation.start_centre()
    hospitals = [federation.start_site(site) for site in SITES]
    centre.wait_for("round 1 of 2: training at", seconds=150)
    os.kill(hospitals[0].process.pid, signal.SIGKILL)
    killed = time.monotonic()
    centre.wait_for(f"not counted: {SITES[0]}: went offline", seconds=NOTICED_SECONDS + LATENESS_SECONDS, busy=1)
    assert time.monotonic() - killed < NOTICED_SECONDS + LATENESS_SECONDS
