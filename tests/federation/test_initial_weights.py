"""A study of a network of timm that starts from a file of weights, with every way of fine-tuning, in one process."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from glsmed.benchmarks.federation.local_grid import LocalGrid
from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.rounds.rounds import run_study
from glsmed.shared.errors import DataError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.parts import head_names
from glsmed.shared.protocol.network_settings import FineTuningSection, InitialWeights
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import Arrays

from .small_hospitals import small_hospital, small_study

SITES = ("alder", "birch")
ROUNDS = 3
TUNING = FineTuningSection(frozen_rounds=1, layer_decay=0.8, schedule="cosine", average_decay=0.5)


def saved(folder: Path, *, seed: int = 9) -> Path:
    path = folder / "start.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(build_model("timm/test_resnet", n_findings=5, seed=seed).state_dict(), path)
    return path


def study_from(weights: Path) -> Study:
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    initial = InitialWeights(file=weights.name, sha256=digest, licence="CC0-1.0")
    study = small_study(["effusion"], rounds=ROUNDS, federation={"quorum": len(SITES)})
    model = study.model.model_copy(update={"architecture": "timm/test_resnet", "initial_weights": initial})
    training = study.training.model_copy(update={"fine_tuning": TUNING, "steps_per_round": 2})
    return study.model_copy(update={"model": model, "training": training})


def test_a_study_starts_from_its_weights_and_tunes_them_by_round(tmp_path: Path) -> None:
    weights = saved(tmp_path / "centre")
    study, run = study_from(weights), RunFolder(tmp_path / "centre/run")
    sites = {}
    for seed, site in enumerate(SITES):
        sites[site] = hospital(tmp_path / site, study, weights, seed=seed)
    grid = LocalGrid({site: build_client_app(runtime) for site, runtime in sites.items()})
    make_first_model(run, study, beside=tmp_path / "centre")
    assert run_study(grid, study, run, sites=lambda: grid.nodes)["rounds"] == ROUNDS
    models = [run.checkpoints.load(number, study_digests=[study.digest()]).model.arrays() for number in (0, 1, 3)]
    start = load_file(weights)
    head = head_names(sites[SITES[0]].model)
    assert all(np.array_equal(models[0][name], value) for name, value in start.items() if name not in head)
    assert changed(models[0], models[1]) == head
    assert changed(models[1], models[2]) == set(models[0])


def test_a_hospital_with_another_file_does_not_start(tmp_path: Path) -> None:
    weights = saved(tmp_path / "centre")
    study = study_from(weights)
    other = saved(tmp_path / "other", seed=10)
    with pytest.raises(DataError, match=r"start\.safetensors: expected the initial weights with SHA-256"):
        hospital(tmp_path / "alder", study, other, seed=0)


def changed(before: Arrays, after: Arrays) -> set[str]:
    return {name for name, array in before.items() if not np.array_equal(array, after[name])}


def hospital(folder: Path, study: Study, weights: Path, *, seed: int) -> SiteRuntime:
    """A hospital that got the weights with study.yaml."""
    return small_hospital(
        folder, study, adapter="en_radiology", terms={"effusion": "effusion"}, seed=seed, beside=(weights,)
    )
