import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from glsmed.benchmarks.commands.build import build
from glsmed.benchmarks.federation.built_federation import RunSettings, federate, load_hospital, study_of
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.training.steps.training import train
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.errors import DataError
from glsmed.shared.networks.initial_model import initial_model

SETTINGS = RunSettings(rounds=2, steps_per_round=2, gold=5)
SITES = ("st-mary", "sakura", "san-lucas")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "data"
    build(folder, pixels="drawn", scenario="case-dependent", studies=60, seed=0)
    return folder


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    results = federate(data, out, SETTINGS, report=lambda _: None)
    (out / "results.json").write_text(json.dumps(results))
    return out


def test_every_hospital_has_numbers_of_both_models(run: Path) -> None:
    results = json.loads((run / "results.json").read_text())
    assert tuple(results) == SITES
    for models in results.values():
        assert set(models) == {"federated", "local"}
        assert 0 < models["federated"]["log_loss"] < 2


def test_every_round_counts_all_hospitals(run: Path) -> None:
    rounds = RunFolder(run / "run").rounds()
    assert [(one.round, one.accepted, tuple(one.counted)) for one in rounds] == [(1, True, SITES), (2, True, SITES)]


def test_the_first_round_is_the_mean_of_what_each_hospital_trains(run: Path, data: Path, tmp_path: Path) -> None:
    """Each hospital trains from the study's first model; the mean weighs by training cells (McMahan et al., 2017)."""
    study, adapters = study_of(data, SETTINGS)
    cells = RunFolder(run / "run").rounds()[0].counted
    mean: dict[str, torch.Tensor] = {}
    for name, adapter in adapters.items():
        site = load_hospital(data / name, tmp_path, study, adapter, SETTINGS)
        assert cells[name] == int((site.splits["train"].weights > 0).sum())
        model = initial_model(study)
        own = SiteSecret.of(site.config.state).key(study.digest(), 1, "training")
        train(model, site.splits["train"], study.training, round_number=1, device=torch.device("cpu"), key=own)
        for key, value in model.state_dict().items():
            mean[key] = mean.get(key, torch.zeros_like(value)) + cells[name] / sum(cells.values()) * value
    kept = RunFolder(run / "run").checkpoints.load(1, study_digests={study.digest()})
    for key, array in kept.model.arrays().items():
        assert torch.allclose(torch.from_numpy(array.copy()), mean[key], atol=1e-6)


def test_gold_of_training_patients_is_as_much_as_asked_for(run: Path, data: Path, tmp_path: Path) -> None:
    study, adapters = study_of(data, SETTINGS)
    site = load_hospital(data / "sakura", tmp_path, study, adapters["sakura"], SETTINGS)
    known = {name: int((~torch.isnan(part.gold)).any(1).sum()) for name, part in site.splits.items()}
    assert known == {"train": 5, "validation": len(site.splits["validation"]), "test": len(site.splits["test"])}


def test_a_folder_without_a_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"dataset\.json"):
        federate(tmp_path, tmp_path / "out", SETTINGS, report=lambda _: None)


def test_the_command_goes_on_where_a_run_ended_and_prints_json_alone(run: Path, data: Path) -> None:
    command = [sys.executable, "-c", "from glsmed.benchmarks.cli import main; main()", "federation"]
    options = ["--data", str(data), "--out", str(run), "--rounds", "2", "--steps", "2", "--gold", "5"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["sites"] == json.loads((run / "results.json").read_text())
    assert json.loads((run / "summary.json").read_text())["rounds"] == 2
    assert len(RunFolder(run / "run").rounds()) == 2
