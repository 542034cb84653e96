"""A site ten times slower than the others holds up one round until its deadline, and is then gone on without."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flwr.app import Message
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import Ask, Delayed, LocalGrid
from glsmed.server.folders.run_folder import RoundRecord, RunFolder
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.protocol.study import Study
from tests.server.conftest import FIRST_MODEL

SECONDS = 8.0  # of training at the other sites; the deadline is 60
ROUNDS = 4


class Trains:
    """A site that works on one task after the other; a training takes so many seconds."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._busy_until = 0.0

    def __call__(self, task: Message, ask: Ask) -> Delayed:
        """The reply, once the site has come to it."""
        work = self._seconds if task.metadata.message_type == "train" else 0.0
        self._busy_until = max(self._busy_until, self._clock.now()) + work
        return Delayed(ask(task), self._busy_until - self._clock.now())


@pytest.fixture
def records(
    study: Study, make_site: Callable[..., ClientApp], tmp_path: Path, clock: Clock
) -> Callable[..., list[RoundRecord]]:
    """The records of four rounds of two sites and a third that may be slower."""

    def run(*, times_slower: float, late_updates: str) -> list[RoundRecord]:
        federation = study.federation.model_copy(update={"late_updates": late_updates})
        training = study.training.model_copy(update={"rounds": ROUNDS})
        asked = study.model_copy(update={"federation": federation, "training": training})
        apps = {site: make_site(site, study_digest=asked.digest()) for site in ("a", "b", "c")}
        slower = {"a": 1.0, "b": 1.0, "c": times_slower}
        trains = {site: Trains(SECONDS * times, clock) for site, times in slower.items()}
        grid, folder = LocalGrid(apps, misbehaviours=trains, clock=clock), RunFolder(tmp_path / "run")
        folder.checkpoints.begin(FIRST_MODEL, study_digest=asked.digest())
        run_study(grid, asked, folder, sites=lambda: grid.nodes, plan=StudyPlan(clock=clock))
        return list(folder.rounds())

    return run


def test_sites_of_one_speed_wait_for_nobody(records: Callable[..., list[RoundRecord]]) -> None:
    rounds = records(times_slower=1, late_updates="refuse")
    assert [set(record.counted) for record in rounds] == [{"a", "b", "c"}] * ROUNDS
    assert max(record.seconds for record in rounds) < SECONDS + 1


@pytest.mark.parametrize(
    ("late_updates", "last", "reasons"),
    [
        ("refuse", {"a", "b"}, {"c": "refused: it belongs to round 1 and came 3 round(s) late"}),
        ("discount", {"a", "b", "c"}, {}),
    ],
)
def test_a_site_ten_times_slower_costs_the_others_one_deadline(
    records: Callable[..., list[RoundRecord]], late_updates: str, last: set[str], reasons: dict[str, str]
) -> None:
    rounds = records(times_slower=10, late_updates=late_updates)
    assert [(record.attempt, record.accepted) for record in rounds] == [(1, True)] * ROUNDS
    assert [set(record.counted) for record in rounds] == [{"a", "b"}] * 3 + [last]
    assert [dict(record.not_counted) for record in rounds] == [{"c": "late"}, {}, {}, reasons]
    assert rounds[0].seconds == pytest.approx(60, abs=1)
    assert max(record.seconds for record in rounds[1:]) < SECONDS + 1
