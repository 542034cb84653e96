"""Two hundred rounds take no more memory than twenty, and no more disk but for a few lines of records each."""

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flwr.app import Message

from glsmed.benchmarks.federation.local_grid import Ask, LocalGrid
from glsmed.client.resident.app import build_client_app
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.rounds.rounds import run_study
from glsmed.shared.networks import group_norm_networks

from .small_hospitals import TinyNetwork, small_hospital, small_study

SITES = ("alder", "birch", "cedar")
EARLY, ROUNDS = 20, 200
MOST_GROWTH_BYTES = 24 * 2**20  # of this whole process, in 180 rounds
RECORDS = {".jsonl", ".csv", ".json"}
MOST_CENTRE_RECORDS = 4_000  # bytes a round, of three sites
MOST_SITE_RECORDS = 2_500  # bytes a round
MOST_MODELS = 3  # the last asked about, the last accepted and the best: often one or two of them are the same


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a federation takes at one moment, in bytes."""

    memory: int
    centre: dict[str, int]
    site: dict[str, int]
    at: float


def _file_sizes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def _memory() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _records(sizes: dict[str, int]) -> int:
    return sum(size for name, size in sizes.items() if Path(name).suffix in RECORDS)


def _others(sizes: dict[str, int], *, but: str = "") -> list[int]:
    """The sizes of all that is no record, without the names, which say the round."""
    return sorted(size for name, size in sizes.items() if Path(name).suffix not in {*RECORDS, but})


@pytest.mark.timeout(900)
def test_two_hundred_rounds_take_no_more_than_twenty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)
    study = small_study(["effusion"], rounds=ROUNDS, federation={"quorum": len(SITES)})
    study = study.model_copy(update={"centre": study.centre.model_copy(update={"keep_every": ROUNDS + 1})})
    folder, measured = RunFolder(tmp_path / "run"), dict[int, Sizes]()

    def measures(task: Message, ask: Ask) -> Message:
        number = int(task.metadata.group_id) if task.metadata.message_type == "train" else 0
        if number in (EARLY, ROUNDS):
            measured[number] = Sizes(
                _memory(), _file_sizes(folder.root), _file_sizes(tmp_path / SITES[0] / "state"), time.monotonic()
            )
        return ask(task)

    sites = {
        site: small_hospital(tmp_path / site, study, adapter="en_radiology", terms={"effusion": "effusion"}, seed=seed)
        for seed, site in enumerate(SITES)
    }
    apps = {site: build_client_app(runtime) for site, runtime in sites.items()}
    grid = LocalGrid(apps, misbehaviours={SITES[0]: measures})
    make_first_model(folder, study)
    assert run_study(grid, study, folder, sites=lambda: grid.nodes)["rounds"] == ROUNDS
    early, late = measured[EARLY], measured[ROUNDS]
    growth = {
        "memory": late.memory - early.memory,
        "centre": (_records(late.centre) - _records(early.centre)) / (ROUNDS - EARLY),
        "site": (_records(late.site) - _records(early.site)) / (ROUNDS - EARLY),
        "seconds": (late.at - early.at) / (ROUNDS - EARLY),
    }
    for name, value in growth.items():
        record_property(name, round(value, 3))
    assert growth["memory"] < MOST_GROWTH_BYTES
    assert growth["centre"] < MOST_CENTRE_RECORDS
    assert growth["site"] < MOST_SITE_RECORDS
    assert len(_others(late.centre)) <= len(_others(early.centre)) + 1  # the best round may be one of the last, or not
    models = sorted(name for name in late.site if name.endswith(".model"))
    assert len(models) <= MOST_MODELS
    assert _others(late.site, but=".model") == _others(early.site, but=".model")
