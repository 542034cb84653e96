"""The arithmetic of a site's own model; that it is kept and shipped is tested with the site's strategy."""

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.evaluation.personal_model import PersonalModel
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.round_training import RoundTraining
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.client.training.steps.training import train
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection

CPU = torch.device("cpu")
MU = 2.0
STUDY = Study(
    study="s",
    findings=("effusion",),
    model=ModelSection(architecture="resnet10", image_size_px=32, calibration_map="off"),
    training=TrainingSection(rounds=3, steps_per_round=2, batch_size=8, learning_rate=0.01, personal_model_mu=MU),
)


def splits() -> Mapping[SplitName, Examples]:
    labels = (torch.arange(16) % 2).float()[:, None]
    data = Examples(
        images=(labels[:, :, None, None] * 200).expand(16, 1, 32, 32).byte(),
        targets=labels * 0.9 + 0.05,
        weights=torch.ones(16, 1),
        gold=torch.full((16, 1), math.nan),
        patients=tuple(f"p{number}" for number in range(16)),
        findings=("effusion",),
    )
    return {"train": data, "validation": data, "test": data}


def test_it_goes_on_from_itself_and_is_pulled_to_the_shared_model_of_each_round(tmp_path: Path) -> None:
    """Ditto, algorithm 1: v takes steps along the gradient of its loss plus mu (v - w), w the round's shared model."""
    training = RoundTraining(STUDY, devices=[CPU], state=StateFolder(tmp_path))
    own = PersonalModel(tmp_path / "own", STUDY, training, device=CPU)
    model, shared = initial_model(STUDY), initial_model(STUDY)
    expected = initial_model(STUDY)
    for number in (1, 2):
        with torch.no_grad():
            shared.get_parameter("fc.bias").add_(1.0)
        anchor = {name: value.detach().clone() for name, value in shared.named_parameters()}
        if number == 1:
            load_arrays(expected, state_arrays(shared))
        steering = Steering(pull=MU, anchor=anchor)
        key = SiteSecret.of(StateFolder(tmp_path)).key(STUDY.digest(), number, "training")
        train(
            expected,
            splits()["train"],
            STUDY.training,
            round_number=number,
            device=CPU,
            steering=steering,
            key=key,
        )
        own.train(model, state_arrays(shared), splits(), round_number=number)
    for name, value in model.state_dict().items():
        assert torch.allclose(value, expected.state_dict()[name], atol=1e-7), name


def test_the_round_with_the_lowest_validation_log_loss_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = RoundTraining(STUDY, devices=[CPU], state=StateFolder(tmp_path))
    own = PersonalModel(tmp_path / "own", STUDY, training, device=CPU)
    model, reached = initial_model(STUDY), {}
    shared = {name: array.copy() for name, array in state_arrays(model).items()}
    for number, log_loss in ((1, 0.6), (2, 0.4), (3, 0.5)):
        monkeypatch.setattr(own, "_log_loss", lambda *_, value=log_loss: value)
        own.train(model, shared, splits(), round_number=number)
        reached[number] = {name: value.clone() for name, value in model.state_dict().items()}
    for others, expected in ((0.45, 2), (0.3, None)):
        load_arrays(model, shared)
        monkeypatch.setattr(own, "_log_loss", lambda *_, value=others: value)
        own.load_if_better(model, splits(), own._calibrated(model, splits()))
        kept = (
            {name: torch.from_numpy(array) for name, array in shared.items()} if expected is None else reached[expected]
        )
        assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
