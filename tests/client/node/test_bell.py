"""The bell between the SuperNode and the resident process."""

import threading
import time
from pathlib import Path

from glsmed.client.node.bell import Bell


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
    since = bell.last_rung()
    threading.Timer(0.1, same.ring).start()
    assert 0.05 < _waited(bell, since=since, seconds=5.0) < 2.0


def test_a_ring_before_the_wait_is_not_missed(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    since = bell.last_rung()
    bell.ring()
    assert _waited(bell, since=since, seconds=5.0) < 1.0
