"""The bell between the SuperNode and the resident process."""

import threading
import time
from pathlib import Path

from glsmed.client.node.bell import Bell

LONG_SECONDS = 120.0  # no test waits it out: what ends below half of it was rung for


def _waited(bell: Bell, *, since: int, seconds: float) -> float:
    start = time.monotonic()
    bell.wait(since=since, seconds=seconds)
    return time.monotonic() - start


def test_a_bell_that_was_never_rung_keeps_one_waiting(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    assert bell.last_rung() == 0
    assert _waited(bell, since=bell.last_rung(), seconds=0.1) >= 0.1


def test_a_ring_ends_the_wait_of_another_process(tmp_path: Path) -> None:
    bell, same = Bell(tmp_path / "bell"), Bell(tmp_path / "bell")
    same.ring()
    since, rung = bell.last_rung(), threading.Event()

    def ring() -> None:
        rung.set()
        same.ring()

    threading.Timer(0.1, ring).start()
    assert _waited(bell, since=since, seconds=LONG_SECONDS) < LONG_SECONDS / 2
    assert rung.is_set()


def test_a_ring_before_the_wait_is_not_missed(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    since = bell.last_rung()
    bell.ring()
    assert _waited(bell, since=since, seconds=LONG_SECONDS) < LONG_SECONDS / 2
