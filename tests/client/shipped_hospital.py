"""A drawn hospital that holds a shipped model, trained for a few seconds so that its numbers mean something."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.reading_room.sites import write_site
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.model_description import describe_model
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.evaluation.shipped_model import ShippedModel, SiteParts, load_shipped_model, write_shipped_model
from glsmed.client.resident.preparation import prepare_site
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.training.steps.training import train
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.protocol.study import load_study

CPU = torch.device("cpu")
STUDY = """\
study: chest-doubt
findings: [effusion, cardiomegaly, nodule, consolidation, pneumothorax]
model: {architecture: resnet10, image_size_px: 32, calibration_map: platt}
training: {rounds: 1, steps_per_round: 20, batch_size: 8}
"""
PATIENTS = 120


def ship(config: SiteConfig) -> None:
    """Train on the site's data and leave the model where the final evaluation would."""
    study = load_study(config.study)
    config.state.prepare()
    splits = prepare_site(read_site_inputs(config, study)).splits
    model = initial_model(study)
    train(model, splits["train"], study.training, round_number=1, device=CPU)
    kind = study.model.calibration_map
    offsets = splits["train"].offsets
    write_shipped_model(
        config.state.shipped_model,
        model,
        study,
        round_number=1,
        parts=SiteParts(
            site=config.site,
            clahe=config.data.clahe,
            offset=None if offsets is None else offsets[0],
            output_calibration=calibrate_outputs(model, splits["train"], splits["validation"], kind=kind, device=CPU),
            description=describe_model(model, splits, kind=kind, device=CPU),
        ),
    )


@pytest.fixture(scope="session")
def hospital_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images, reports, manifest and gold labels of 120 drawn patients; not to be written to."""
    folder = tmp_path_factory.mktemp("hospital") / "st-mary"
    write_site(folder, HOSPITALS[0], patients=PATIENTS, seed=5)
    return folder


@pytest.fixture(scope="session")
def shipped_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the state folder with the shipped model is kept once it was made."""
    return tmp_path_factory.mktemp("shipped") / "state"


@pytest.fixture
def site_file(write_config: Callable[..., Path], hospital_data: Path, shipped_state: Path) -> Path:
    """config.yaml of a site that has its model."""
    files = {"manifest": hospital_data / "manifest.csv", "gold": hospital_data / "gold.csv"}
    path = write_config(study=STUDY, **files)
    config = load_site(path)
    if not shipped_state.exists():
        ship(config)
        shutil.copytree(config.state_folder, shipped_state)
    elif not config.state_folder.exists():
        shutil.copytree(shipped_state, config.state_folder)
    return path


@pytest.fixture
def shipped(site_file: Path) -> ShippedModel:
    """The site's model."""
    return load_shipped_model(load_site(site_file).state.shipped_model)
