"""A hospital that is gone is named within a minute, not at the round's deadline."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import read_rounds

from .conftest import SITES, Federation, make_federation
from .stages import kill_all

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

STEPS = 200
DEADLINE_MINUTES = 10
NOTICED_SECONDS = 60.0
LATENESS_SECONDS = 20.0  # of a busy machine


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    made = make_federation(tmp_path, rounds=2, steps=STEPS, deadline_minutes=DEADLINE_MINUTES)
    yield made
    made.stop()


def test_a_hospital_that_is_killed_while_it_trains_is_named_within_a_minute(federation: Federation) -> None:
    """Within a minute of the other hospital's training, which a busy machine draws out."""
    killed, centre = SITES[0], federation.start_centre()
    for site in SITES:
        federation.start_site(site)
    centre.wait_for("round 1 of 2: training at", seconds=150)
    kill_all(federation.config(killed).parent)
    centre.wait_for(f"not counted: {killed}: went offline", seconds=NOTICED_SECONDS + LATENESS_SECONDS)
    first = read_rounds(federation.study_file.parent / "run")[0]
    assert first.seconds - sum(first.site_seconds.values()) < NOTICED_SECONDS + LATENESS_SECONDS
