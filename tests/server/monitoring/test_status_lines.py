import dataclasses
from datetime import timedelta

import pytest

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.status_lines import (
    change_line,
    headline,
    status_lines,
)
from glsmed.server.monitoring.study_status import StudyStatus, study_status

from .conftest import NOW


@pytest.fixture
def status(folder: StudyFolder, run: RunFolder) -> StudyStatus:
    """As if its centre ran."""
    found = study_status(folder, now=NOW)
    sites = {**found.sites, "st-mary": dataclasses.replace(found.sites["st-mary"], online=True)}
    sites["sakura"] = dataclasses.replace(sites["sakura"], is_waited_for=True)
    return dataclasses.replace(
        found,
        state="running",
        message="round 3 of 50: training at sakura, st-mary",
        centre_runs=True,
        written_at="2026-11-27T11:59:58+00:00",
        sites=sites,
        waiting_for=("sakura",),
        since="2026-11-27T11:58:00+00:00",
    )


def test_the_whole_status_in_words(status: StudyStatus) -> None:
    lines = status_lines(status, now=NOW)
    assert lines[:5] == [
        "study doubt: running, round 3 of 50, attempt 2",
        "  round 3 of 50: training at sakura, st-mary",
        "sites admitted: 2, quorum 2",
        "  sakura   not online, seen 20 min ago; waited for; counted 2, not counted 1 (last: late)",
        "  st-mary  online, seen 2 s ago; counted 2, not counted 1",
    ]
    assert lines[5].startswith("waiting for sakura since ")
    assert lines[5].endswith(" (2 min ago)")
    assert lines[6:] == [
        "last round: 3, 40 s, 1 counted below the quorum, 1 not, 2.0 kB down, 1.0 kB up",
        "validation after round 2: auroc 0.8000 (means over sites and findings)",
        "time left: about 32 min for 48 rounds (an estimate: the median of the rounds so far)",
    ]


def test_a_state_that_the_centre_has_not_written_for_long_is_said_to_be_old(status: StudyStatus) -> None:
    assert not [line for line in status_lines(status, now=NOW) if line.startswith("written")]
    (line,) = [one for one in status_lines(status, now=NOW + timedelta(minutes=5)) if one.startswith("written")]
    assert line.startswith("written 5 min ago: the round loop is busy or stuck")


def test_a_change_line_changes_only_when_something_happens(status: StudyStatus) -> None:
    later = dataclasses.replace(status, written_at="2026-11-27T12:00:03+00:00", seconds_left=1.0)
    assert change_line(later) == change_line(status)
    answered = dataclasses.replace(status, waiting_for=())
    assert change_line(answered) != change_line(status)


def test_before_the_first_round_the_headline_has_the_number_of_rounds(folder: StudyFolder) -> None:
    assert headline(study_status(folder, now=NOW)) == "not started, 50 rounds"
