"""kill -9 of any part costs at most the round in which it happens."""

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.shared.files.audit import verify

from .conftest import BUSY, SITES, Federation, make_federation

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

ROUNDS = 6


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    made = make_federation(tmp_path, rounds=ROUNDS)
    yield made
    made.stop()


def _processes(pattern: str) -> list[int]:
    listed = subprocess.run(["ps", "-eww", "-o", "pid,args"], capture_output=True, text=True, check=True).stdout
    lines = (line.strip().split(None, 1) for line in listed.splitlines()[1:])
    return [int(pid) for pid, arguments in lines if re.search(pattern, arguments)]


def _kill(pattern: str) -> None:
    """kill -9 every process whose command line matches; there must be one."""
    found = _processes(pattern)
    assert found, f"no process matches {pattern!r}"
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def _wait_until_gone(pattern: str) -> None:
    deadline = time.monotonic() + 60 * BUSY
    while _processes(pattern):
        assert time.monotonic() < deadline, f"still running: {pattern}"
        time.sleep(0.2)


def _parts(federation: Federation) -> list[str]:
    """Command lines of the parts in the order in which they are killed, one a round."""
    return [
        rf"superlink_process {re.escape(str(federation.study_file))}",
        rf"round_process {re.escape(str(federation.study_file))}",
        rf"client\.resident {re.escape(str(federation.config(SITES[0])))}",
        rf"supernode_process .*localhost:{federation.port} .*{SITES[1]}",
    ]


def test_every_part_may_be_killed_and_every_round_still_counts(federation: Federation) -> None:
    centre = federation.start_centre()
    for program in [federation.start_site(site) for site in SITES]:
        program.wait_for("takes part", seconds=90)
    for number, part in enumerate(_parts(federation), start=1):
        centre.wait_for(rf"round {number} of {ROUNDS}: .*counted", seconds=120)
        _kill(part)
    centre.wait_for(rf"round {ROUNDS - 1} of {ROUNDS}: .*counted", seconds=180)
    os.kill(centre.process.pid, signal.SIGKILL)
    _wait_until_gone(re.escape(str(federation.study_file.parent)) + "/(study.yaml|pki/)")
    again = federation.start_centre().wait_for("done: results are in", seconds=200)
    assert re.search(rf"continuing after round {ROUNDS - 1}|round {ROUNDS} of {ROUNDS}", again)
    _check_record(federation.study_file.parent / "run")


def _check_record(run: Path) -> None:
    attempts = [json.loads(line) for line in (run / "rounds.jsonl").read_text().splitlines()]
    counted = Counter(attempt["round"] for attempt in attempts if attempt["accepted"])
    assert counted == dict.fromkeys(range(1, ROUNDS + 1), 1)
    assert max(Counter(attempt["round"] for attempt in attempts).values()) <= 2
    assert verify(run / "audit.jsonl").first_broken is None
    assert json.loads((run / "summary.json").read_text())["rounds"] == ROUNDS
