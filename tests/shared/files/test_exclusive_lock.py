import os
import subprocess
import sys
from pathlib import Path

import pytest

from glsmed.shared.errors import FederationError
from glsmed.shared.files.exclusive_lock import exclusive_lock, lock_holder

HOLD = (
    "import sys, time; from pathlib import Path; from glsmed.shared.files.exclusive_lock import exclusive_lock\n"
    "with exclusive_lock(Path(sys.argv[1]), work='a test'): print('held', flush=True); time.sleep(60)"
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


def test_the_holder_is_known_only_while_it_holds(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert lock_holder(lock) == ""
    with exclusive_lock(lock, work="this test"):
        assert lock_holder(lock) == str(os.getpid())
    assert lock_holder(lock) == ""
