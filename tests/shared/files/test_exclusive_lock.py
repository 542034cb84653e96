import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from glsmed.shared.errors import FederationError
from glsmed.shared.files.exclusive_lock import exclusive_lock, is_held

HOLD = (
    "import sys, time; from pathlib import Path; from glsmed.shared.files.exclusive_lock import exclusive_lock\n"
    "with exclusive_lock(Path(sys.argv[1]), work='a test'): print('held', flush=True); time.sleep(300)"
)


def test_a_second_process_is_told_which_one_has_it_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(FederationError, match=rf"process {holder.pid} .*the work of a test"),
            exclusive_lock(lock, work="the work of a test"),
        ):
            pass
        holder.kill()
    with exclusive_lock(lock, work="a test"):
        assert lock.read_text().strip().isdigit()


def test_the_number_of_a_process_before_leaves_no_digits_behind(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("123456789012\n")
    with exclusive_lock(lock, work="a test"):
        assert lock.read_text() == f"{os.getpid()}\n"


def test_a_lock_is_held_while_its_process_lives(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not is_held(lock)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_held(lock)
        holder.kill()
    assert lock.exists()
    assert not is_held(lock)


def test_whoever_looks_does_not_keep_anybody_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glsmed.shared.files.exclusive_lock._TRIES", 1000)
    lock = tmp_path / "lock"
    lock.touch()
    look = os.open(lock, os.O_RDONLY)
    fcntl.flock(look, fcntl.LOCK_SH)  # as is_held does, but long enough to be met
    assert not is_held(lock)  # several may look at once
    threading.Timer(0.08, os.close, [look]).start()
    with exclusive_lock(lock, work="a test"):
        assert is_held(lock)
