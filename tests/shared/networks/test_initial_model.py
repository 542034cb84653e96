import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from glsmed.shared.errors import DataError, NetworkError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.protocol.network_settings import InitialWeights, ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection


def study(architecture: str, weights: InitialWeights | None = None) -> Study:
    model = ModelSection(architecture=architecture, image_size_px=32, initial_weights=weights)
    return Study(study="s", findings=("effusion", "nodule"), model=model)


def saved(folder: Path, architecture: str) -> InitialWeights:
    path = folder / "start.safetensors"
    save_file(build_model(architecture, n_findings=9, seed=4, image_size_px=32).state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return InitialWeights(file=path.name, sha256=digest, licence="CC0-1.0")


@pytest.mark.parametrize("architecture", ["resnet10", "timm/test_resnet", "timm/test_vit"])
def test_centre_and_site_start_from_the_same_file(tmp_path: Path, architecture: str) -> None:
    chosen = study(architecture, saved(tmp_path, architecture))
    one, other = (initial_model(chosen, tmp_path).state_dict() for _ in range(2))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    started = build_model(architecture, n_findings=9, seed=4, image_size_px=32).state_dict()
    same = [
        name for name, value in one.items() if value.shape == started[name].shape and torch.equal(value, started[name])
    ]
    assert len(same) == len(one) - 2


def test_a_study_is_another_with_other_weights(tmp_path: Path) -> None:
    weights = saved(tmp_path, "resnet10")
    changed = weights.model_copy(update={"sha256": "0" * 64})
    digests = {study("resnet10", each).digest() for each in (None, weights, changed)}
    assert len(digests) == 3
    with pytest.raises(DataError, match="this is another file than the study names"):
        initial_model(study("resnet10", changed), tmp_path)


def test_batch_statistics_need_weights_that_have_them() -> None:
    with pytest.raises(NetworkError, match=r"timm/test_resnet has batch statistics \(15 BatchNorm layers\)"):
        initial_model(study("timm/test_resnet"))


def test_every_participant_of_a_study_starts_from_the_same_model() -> None:
    study = Study(
        study="s",
        findings=("effusion", "nodule"),
        model=ModelSection(architecture="resnet10", image_size_px=32),
        training=TrainingSection(seed=5),
    )
    expected = build_model("resnet10", n_findings=2, seed=5).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in initial_model(study).state_dict().items())
