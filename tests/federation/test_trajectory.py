"""Honest rounds stay within the bound of every site, also of those that miss rounds, and join late."""

from pathlib import Path

import pytest
from flwr.app import Message

from glsmed.benchmarks.attacks.curve import hospital_data
from glsmed.benchmarks.federation.built_federation import RunSettings, load_hospital, study_of
from glsmed.benchmarks.federation.local_grid import Ask, LocalGrid, Misbehaviour
from glsmed.benchmarks.strategies.catalogue import study_with
from glsmed.client.resident.app import build_client_app
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.rounds.rounds import run_study
from glsmed.shared.wire.precision import Precision

ROUNDS = 6


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hospitals")
    hospital_data(folder, studies=80, seed=0)
    return folder / "data"


def _away(*rounds: int) -> Misbehaviour:
    """A site that does not train in these rounds."""

    def behave(task: Message, ask: Ask) -> Message:
        if task.metadata.message_type == "train" and int(task.metadata.group_id) in rounds:
            raise ConnectionError("away")
        return ask(task)

    return behave


@pytest.mark.parametrize(
    ("strategy", "precision"), [("mean", "fp32"), ("momentum-0.9", "bf16"), ("adam", "fp32"), ("mean-sgd", "int8")]
)
def test_no_honest_round_is_refused(data: Path, tmp_path: Path, strategy: str, precision: Precision) -> None:
    settings = RunSettings(ROUNDS, steps_per_round=3, gold=20, precision=precision, architecture="resnet10_x0_25")
    plain, adapters = study_of(data, settings)
    study = study_with(plain, strategy)
    study = study.model_copy(update={"federation": study.federation.model_copy(update={"quorum": 2})})
    sites = {name: load_hospital(data / name, tmp_path, study, adapters[name], settings) for name in adapters}
    late, leaving, _ = sites
    grid = LocalGrid(
        {name: build_client_app(site) for name, site in sites.items()},
        misbehaviours={late: _away(1, 2), leaving: _away(4, 5)},
    )
    folder = RunFolder(tmp_path / "run")
    make_first_model(folder, study)
    summary = run_study(grid, study, folder, sites=lambda: grid.nodes)
    reasons = [reason for record in folder.rounds() for reason in record.not_counted.values()]
    assert set(reasons) == {"ConnectionError"}
    assert summary["not_evaluated"] == {}
