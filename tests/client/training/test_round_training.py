"""Which way a round is trained; that it is trained well is tested with each of them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training import round_training
from glsmed.client.training.round_training import RoundTraining
from glsmed.shared.protocol.study import PrivacySection, Study, TrainingSection

CPU = torch.device("cpu")


class Way:
    """Stands in for a way of training, and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.keys: list[object] = []

    def start(self) -> None:
        self.asked.append("start")

    def train(self, *_given: object, round_number: int, key: bytes, **_named: object) -> None:
        self.keys.append(key)
        self.asked.append(f"round {round_number}")


def _training(monkeypatch: pytest.MonkeyPatch, folder: Path, *devices: torch.device) -> tuple[Any, Way, Way]:
    pool, alone = Way(), Way()
    monkeypatch.setattr(round_training, "WorkerPool", lambda *_given, **_named: pool)
    monkeypatch.setattr(round_training, "train", alone.train)
    return (
        RoundTraining(Study(study="s", findings=("effusion",)), devices=devices, state=StateFolder(folder)),
        pool,
        alone,
    )


def test_one_device_trains_in_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    training, pool, alone = _training(monkeypatch, tmp_path, CPU)
    training.start()
    training.train(nn.Identity(), None, round_number=3)
    assert (pool.asked, alone.asked) == ([], ["round 3"])


def test_several_devices_are_a_team_that_starts_with_the_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    training, pool, alone = _training(monkeypatch, tmp_path, CPU, CPU)
    training.start()
    training.train(nn.Identity(), None, round_number=3)
    assert (pool.asked, alone.asked) == (["start", "round 3"], [])


@pytest.mark.parametrize("devices", [1, 2])
def test_the_batches_follow_from_the_sites_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, devices: int
) -> None:
    """The same for a round that is repeated after a restart, others for another round and at another site."""
    keys: list[object] = []
    for folder, number in (("a", 1), ("a", 1), ("a", 2), ("b", 1)):
        training, pool, alone = _training(monkeypatch, tmp_path / folder, *[CPU] * devices)
        training.train(nn.Identity(), None, round_number=number)
        keys += pool.keys + alone.keys
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(("noise", "spent"), [(0.0, None), (1.0, 0.0)])
def test_only_private_training_spends_privacy(tmp_path: Path, noise: float, spent: float | None) -> None:
    settings = TrainingSection(site_offset=False, privacy=PrivacySection(noise_multiplier=noise))
    study = Study(study="s", findings=("effusion",), training=settings)
    state = StateFolder(tmp_path)
    ledger = PrivacyLedger(PatientAccountFile(state.privacy_account), study.digest())
    assert RoundTraining(study, devices=[CPU], state=state, ledger=ledger).epsilon_spent() == spent
