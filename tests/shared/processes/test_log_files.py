import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glsmed.shared.processes import log_files
from glsmed.shared.processes.log_files import LogKeeper, rotate_large_logs

# Writes numbered lines for as long as it lives; its output is a descriptor that it inherited.
WRITER = "import itertools, sys\nfor n in itertools.count():\n    print(f'line {n:08d}', flush=True)"
LINE_BYTES = len("line 00000000\n")


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("few words")
    rotate_large_logs(tmp_path, most_bytes=100)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.log": "few words"}


def test_five_earlier_parts_are_kept_the_latest_first(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for number in range(8):
        log.write_text(f"part {number}")
        rotate_large_logs(tmp_path, most_bytes=1)
        (tmp_path / "a.log.1").write_text(f"part {number}")  # whole, whatever the bound cut off
    assert log.read_text() == ""
    parts = {path.name: path.read_text() for path in tmp_path.glob("a.log.*")}
    assert parts == {f"a.log.{place}": f"part {8 - place}" for place in range(1, 6)}


def test_of_a_flood_the_end_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x" * 50 + "the end")
    rotate_large_logs(tmp_path, most_bytes=7)
    assert (tmp_path / "a.log.1").read_text() == "the end"


def test_a_log_that_only_its_owner_may_read_stays_so(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("secret")
    log.chmod(0o600)
    rotate_large_logs(tmp_path, most_bytes=1)
    assert (tmp_path / "a.log.1").stat().st_mode & 0o777 == 0o600


def test_other_files_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_text("x" * 50)
    rotate_large_logs(tmp_path, most_bytes=1)
    assert [path.name for path in tmp_path.iterdir()] == ["audit.jsonl"]


def test_a_running_writer_goes_on_in_the_emptied_file_and_loses_next_to_nothing(tmp_path: Path) -> None:
    log, most = tmp_path / "a.log", 20_000
    with log.open("ab") as output, subprocess.Popen([sys.executable, "-c", WRITER], stdout=output) as writer:
        deadline = time.monotonic() + 120
        while len(list(tmp_path.glob("a.log.*"))) < 3 and time.monotonic() < deadline:
            rotate_large_logs(tmp_path, most_bytes=most, kept=5)
            time.sleep(0.005)
        writer.kill()
    parts = sorted(tmp_path.glob("a.log.*"), reverse=True)
    assert len(parts) >= 3
    text = "".join(path.read_text() for path in [*parts, log])
    assert "\0" not in text  # what a writer that does not append would leave
    numbers = [int(line.split()[1]) for line in text.splitlines() if len(line) == LINE_BYTES - 1]
    assert numbers == sorted(numbers)


class _Moment:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_keeper_looks_every_ten_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Path] = []
    monkeypatch.setattr(log_files, "rotate_large_logs", looks.append)
    now = _Moment()
    keeper = LogKeeper(tmp_path, tell=lambda _: None, now=now)
    for now.seconds in (0.0, 0.5, 9.0, 10.0, 10.5):
        keeper.look()
    assert looks == [tmp_path, tmp_path]


def test_a_full_disk_is_told_once_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(log_files, "rotate_large_logs", full)
    lines: list[str] = []
    now = _Moment()
    keeper = LogKeeper(tmp_path, tell=lines.append, now=now)
    for now.seconds in (0.0, 20.0, 40.0):
        keeper.look()
    assert len(lines) == 1
    assert "No space left on device" in lines[0]
