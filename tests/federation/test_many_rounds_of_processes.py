"""Two hundred rounds of a real centre with sites that are only played: its memory and its disk stay as they were."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from glsmed.benchmarks.demo.programs import Programs, require_running
from glsmed.benchmarks.rounds_cost.instruments.memory import memory_of
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.benchmarks.rounds_cost.study_set_up import (
    RunFolders,
    connect_light_sites,
    edit_yaml,
    set_up_centre,
    set_up_light_sites,
)
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.processes.children import Child

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(900)]

EARLY, ROUNDS = 20, 200
SETTINGS = RunSettings(sites=3, rounds=ROUNDS - 2, model_megabytes=1, light=True)
MOST_GROWTH_BYTES = 40 * 2**20  # of all processes of the centre, in 180 rounds
MOST_RECORDS = 16_000  # bytes a round, of three sites: records, logs, and the SuperLink's database
GIVE_UP_SECONDS = 280.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a centre takes at one moment, in bytes."""

    memory: int
    disk: int
    at: float


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[tuple[RunFolders, Child]]:
    """A centre and three sites that answer at once."""
    folders = RunFolders(tmp_path)
    with Programs(tmp_path / "logs") as programs:
        port = set_up_centre(folders, SETTINGS, programs=programs)
        set_up_light_sites(folders, SETTINGS.site_names, programs=programs)
        edit_yaml(folders.centre.study_file, {"centre": {"keep_every": ROUNDS + 1}})
        connect_light_sites(folders, dict.fromkeys(SETTINGS.site_names, port))
        started = programs.start("centre", "flwr-server", "--study", str(folders.centre.study_file))
        module = "glsmed.benchmarks.rounds_cost.light_sites.light_site"
        programs.start("light-sites", "python", "-m", module, str(folders.light_sites))
        yield folders, started


def _sizes_at(number: int, folders: RunFolders, centre: Child, *, until: float) -> Sizes:
    """What the centre takes once a round is done."""
    checkpoints = RunFolder(folders.centre.run).checkpoints
    while (checkpoints.latest() or 0) < number:
        require_running([centre])
        assert time.monotonic() < until, f"round {checkpoints.latest()} after {GIVE_UP_SECONDS} s: {centre.log_tail()}"
        time.sleep(0.05)
    files = [path for path in folders.centre.root.rglob("*") if path.is_file()]
    return Sizes(memory_of(centre.process.pid).total, sum(map(_size, files)), time.monotonic())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a part of a message, which is done with
        return 0


def test_a_centre_takes_no_more_after_two_hundred_rounds(
    centre: tuple[RunFolders, Child], record_property: Callable[[str, object], None]
) -> None:
    until = time.monotonic() + GIVE_UP_SECONDS
    early = _sizes_at(EARLY, *centre, until=until)
    late = _sizes_at(ROUNDS - 1, *centre, until=until)  # the last ends the study
    memory, disk = late.memory - early.memory, (late.disk - early.disk) / (ROUNDS - 1 - EARLY)
    for name, value in {
        "memory": memory,
        "bytes_per_round": round(disk),
        "seconds_per_round": round((late.at - early.at) / (ROUNDS - 1 - EARLY), 2),
    }.items():
        record_property(name, value)
    assert memory < MOST_GROWTH_BYTES
    assert disk < MOST_RECORDS
