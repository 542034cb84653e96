"""kill -9 of every process at every stage of a round: at most that round is lost, and nobody has to repair anything.

One federation takes all of it, one kill a round. The stages are seen from outside: what has passed on the first site's
line, and how much of the next checkpoint is written.
"""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.files.audit import verify

from .conftest import SITES, succeed
from .stages import CENTRE_PROCESSES, SITE_PROCESSES, STAGES, Running, running_federation

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = 90  # more than are killed; the study is told to stop
BACK_SECONDS = 120.0  # after which a round has counted whose process was killed


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_federation(tmp_path_factory.mktemp("stages"), rounds=ROUNDS) as made:
        yield made


@pytest.mark.parametrize("process", [*CENTRE_PROCESSES, *SITE_PROCESSES])
@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_costs_at_most_the_round_in_which_it_happens(
    running: Running, stage: str, process: str, record_property: Callable[[str, object], None]
) -> None:
    victim = running.process(process)
    number = running.wait_for_stage(stage)
    before = running.last_round()
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    running.let_go()
    running.start_again(process)
    running.wait_for_round(number, seconds=BACK_SECONDS)
    seconds = time.monotonic() - killed
    attempts = Counter(record.round for record in RunFolder(running.run).rounds())
    record_property("seconds", round(seconds, 1))
    record_property("attempts", attempts[number])
    assert before == number - 1  # what was kept before stays; only this round was under way
    assert attempts[number] <= 2


def test_the_record_of_all_this_is_whole(running: Running) -> None:
    succeed("flwr-server", "--study", str(running.federation.study_file), "stop", cwd=running.federation.root)
    running.centre.wait_for("done: results are in", seconds=120)
    summary = json.loads((running.run / "summary.json").read_text())
    counted = Counter(record.round for record in RunFolder(running.run).rounds() if record.accepted)
    assert counted == dict.fromkeys(range(1, summary["rounds"] + 1), 1)
    assert verify(running.run / "audit.jsonl").first_broken is None
    for site in SITES:
        assert verify(running.federation.config(site).parent / "state" / "audit" / "audit.jsonl").first_broken is None
