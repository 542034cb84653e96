from datetime import UTC, datetime

import pytest

from glsmed.server.monitoring.study_status import SiteStatus, StudyStatus
from glsmed.server.reporting.parts.standing import Standing, standing_blocks
from glsmed.shared.pages.blocks import Paragraph, Table

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)


def status(**changes: object) -> StudyStatus:
    sites = {
        "a": SiteStatus(
            True,
            "2026-11-28T11:59:50+00:00",
            takes_part=True,
            is_waited_for=True,
            counted=3,
            not_counted=1,
            last_reason="late",
        ),
        "b": SiteStatus(False, "", takes_part=False, is_waited_for=False, counted=0, not_counted=0, last_reason=""),
    }
    known = {
        "study": "s",
        "state": "running",
        "message": "m",
        "centre_runs": True,
        "round": 4,
        "rounds": 9,
        "quorum": 2,
    }
    rest = {"rounds_done": 3, "attempt": 1, "sites": sites}
    return StudyStatus(**{**known, **rest, **changes})  # type: ignore[arg-type]


def words(one: StudyStatus) -> list[str]:
    return [block.text for block in standing_blocks(Standing(one, NOW)) if isinstance(block, Paragraph)]


def test_each_site_says_when_it_was_seen_and_what_it_does() -> None:
    (table,) = (block for block in standing_blocks(Standing(status(), NOW)) if isinstance(block, Table))
    assert table.rows == [["a", "10 s ago", "waited for", "3", "1", "late"], ["b", "never", "not online", "0", "0", ""]]
    assert table.caption == "2 sites are admitted; a round needs 2."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "running, round 4 of 9"),
        ({"attempt": 2}, "running, round 4 of 9, attempt 2"),
        ({"round": 0, "state": "waiting"}, "waiting, 9 rounds"),
        (
            {"waiting_for": ("a",), "since": "2026-11-28T11:59:00+00:00", "deadline_at": "2026-11-28T12:02:00+00:00"},
            "Waiting for a since 60 s ago; late in 2 min.",
        ),
        ({"seconds_left": 600.0}, "Time left: about 10 min, as long as the rounds so far."),
        ({"validation": {"auroc": 0.9}, "validation_round": 3}, "Validation after round 3: auroc 0.900"),
        ({"written_at": "2026-11-28T11:58:00+00:00"}, "The centre has written nothing for 2 min"),
    ],
)
def test_the_step_is_said_in_words(changes: dict[str, object], said: str) -> None:
    assert any(line.startswith(said) for line in words(status(**changes)))


def test_nobody_is_waited_for_by_a_centre_that_does_not_run() -> None:
    assert not any(line.startswith("Waiting") for line in words(status(centre_runs=False, waiting_for=("a",))))


def test_without_a_site_it_says_what_to_do() -> None:
    assert words(status(sites={}))[-1] == "No site is admitted: flwr-server admit request.yaml takes one in."
