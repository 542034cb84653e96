import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.monitoring import curve_follower
from glsmed.server.monitoring.curve_follower import CurveFollower, PartOfRound
from glsmed.server.monitoring.curves import Point

from .conftest import record, validation


class Remembering:
    """A tracker that fails the first ``failures`` times."""

    name = "a tracker"

    def __init__(self, *, failures: int = 0, kept: set[PartOfRound] | None = None) -> None:
        self.points: list[Point] = []
        self.is_closed = False
        self._failures = failures
        self._kept = kept or set()

    def kept(self) -> set[PartOfRound]:
        return self._kept

    def keep(self, new: Sequence[Point]) -> None:
        if self._failures:
            self._failures -= 1
            raise ConnectionError("nobody there")
        self.points += new

    def close(self) -> None:
        self.is_closed = True

    def rounds(self, curve: str) -> list[int]:
        return [point.round for point in self.points if point.curve == curve]


def test_each_point_is_kept_once(run: RunFolder) -> None:
    tracker = Remembering()
    follower = CurveFollower(tracker, run.root, tell=lambda _: None)
    follower.look()
    follower.look()
    run.add_round(record(3, attempt=2))
    run.add_metrics(validation(3, sakura=0.8))
    follower.look()
    assert tracker.rounds("round/seconds") == [1, 2, 3]
    assert tracker.rounds("validation/auroc/effusion/sakura") == [1, 2, 3]


def test_what_an_earlier_start_kept_is_not_kept_again(run: RunFolder) -> None:
    tracker = Remembering(kept={("round", 1), ("validation", 1)})
    CurveFollower(tracker, run.root, tell=lambda _: None).look()
    assert {point.round for point in tracker.points} == {2}


def test_a_tracker_that_fails_is_told_once_and_gets_everything_once_it_works(run: RunFolder) -> None:
    tracker, lines = Remembering(failures=3), list[str]()
    follower = CurveFollower(tracker, run.root, tell=lines.append)
    for _ in range(5):
        follower.look()
    assert lines == ["a tracker does not take the run's curves (nobody there); the run goes on without it"]
    assert tracker.rounds("round/seconds") == [1, 2]


def test_the_end_of_a_run_is_kept_too(run: RunFolder) -> None:
    tracker = Remembering()
    follower = CurveFollower(tracker, run.root, tell=lambda _: None)
    follower.start()
    follower.stop()
    assert tracker.rounds("round/seconds") == [1, 2]
    assert tracker.is_closed


def test_a_tracker_that_hangs_does_not_keep_the_centre_from_ending(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    class Hanging(Remembering):
        def keep(self, new: Sequence[Point]) -> None:
            release.wait(60)

    monkeypatch.setattr(curve_follower, "_LAST_SECONDS", 0.1)
    follower = CurveFollower(Hanging(), run.root, tell=lambda _: None)
    follower.start()
    follower.stop()  # would not return for a minute
    release.set()


def test_a_run_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    lines: list[str] = []
    tracker = Remembering()
    CurveFollower(tracker, tmp_path / "run", tell=lines.append).look()
    assert (lines, tracker.points) == ([], [])
