"""An older and a newer glsmed at one end: said by name at once, nothing is averaged, and the other sites go on."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flwr.app import ConfigRecord, Message

from glsmed.benchmarks.federation.local_grid import Ask, LocalGrid, Misbehaviour
from glsmed.client.resident.app import build_client_app
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.rounds.rounds import run_study
from glsmed.shared.networks import group_norm_networks
from glsmed.shared.protocol.codec import PROTOCOL_VERSION
from tests.misbehaving_sites import claims, only

from .small_hospitals import TinyNetwork, small_hospital, small_study

ROUNDS = 2
OTHERS = (PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1)
Ran = Callable[[Misbehaviour], RunFolder]


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The run of two hospitals, of which one misbehaves."""
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)

    def run(fault: Misbehaviour) -> RunFolder:
        study = small_study(["effusion"], rounds=ROUNDS, federation={"quorum": 1})
        terms = {"effusion": "effusion"}
        apps = {
            site: build_client_app(
                small_hospital(tmp_path / site, study, adapter="en_radiology", terms=terms, seed=seed)
            )
            for seed, site in enumerate(("alder", "birch"))
        }
        grid, folder = LocalGrid(apps, misbehaviours={"birch": fault}), RunFolder(tmp_path / "run")
        make_first_model(folder, study)
        run_study(grid, study, folder, sites=lambda: grid.nodes)
        return folder

    return run


def _says(version: int) -> Misbehaviour:
    """The centre's messages reach the site as if another release had sent them."""

    def misbehave(task: Message, ask: Ask) -> Message:
        head = task.content.config_records["head"]
        task.content["head"] = ConfigRecord({**head, "protocol": version})
        return ask(task)

    return misbehave


def _reasons(folder: RunFolder) -> list[Mapping[str, str]]:
    assert [list(record.counted) for record in folder.rounds()] == [["alder"]] * ROUNDS
    return [dict(record.not_counted) for record in folder.rounds()]


@pytest.mark.parametrize("version", OTHERS)
def test_an_update_of_another_protocol_is_refused_by_name(ran: Ran, version: int) -> None:
    said = f"refused: protocol: expected {PROTOCOL_VERSION}, got {version}"
    assert _reasons(ran(only(claims(protocol=version)))) == [{"birch": said}] * ROUNDS


@pytest.mark.parametrize("version", OTHERS)
def test_a_site_refuses_a_task_of_another_protocol_and_the_centre_says_what_that_means(ran: Ran, version: int) -> None:
    said = "MismatchError.protocol (the site runs another release of glsmed)"
    assert _reasons(ran(only(_says(version)))) == [{"birch": said}] * ROUNDS


@pytest.mark.parametrize("fault", [claims(protocol=OTHERS[-1]), _says(OTHERS[-1])], ids=["site", "centre"])
def test_a_site_of_another_protocol_is_not_asked_to_train(ran: Ran, fault: Misbehaviour) -> None:
    folder = ran(only(fault, kinds=("query",)))
    assert _reasons(folder) == [{}] * ROUNDS
    assert '"event": "site_not_ready"' in (folder.root / "audit.jsonl").read_text(encoding="utf-8")
