"""Training of one hospital as ``flwr-server init --private`` plans it, or with as many steps and no privacy."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from glsmed.client.data.examples import Examples
from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.training.differential_privacy.private_training import train_privately
from glsmed.client.training.steps.training import train
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.privacy.planning import PLANNED_ROUNDS, Plan, plan_for
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import PrivacySection, Study, TrainingSection

CPU = torch.device("cpu")
DELTA = 1e-5
_ANY_EPSILON = 1.0  # rounds and steps of a plan are the same for each
_LEARNING_RATE = 1e-3
_NETWORK = ModelSection(architecture="resnet10_x0_25", image_size_px=32)


@dataclass(frozen=True, slots=True)
class Planned:
    """How a hospital trains.

    Attributes:
        epsilon: wanted of the whole training; None: no privacy.
        batch_size: patients in a step.
        seed: of the first weights.
        times: so many times as many rounds as planned; without privacy only.
    """

    epsilon: float | None
    batch_size: int
    seed: int
    times: int = 1


@dataclass(frozen=True, slots=True)
class Trained:
    """A model after its last round: no round is chosen.

    Attributes:
        noise: noise multiplier; 0 without privacy.
        spent: epsilon by the account; None without privacy.
    """

    model: nn.Module
    noise: float
    steps: int
    spent: float | None


def train_as_planned(patients: Examples, planned: Planned) -> Trained:
    """The model of a hospital with these patients."""
    plan = plan_for(
        planned.epsilon or _ANY_EPSILON,
        patients=len(patients),
        batch_size=planned.batch_size,
        rounds=PLANNED_ROUNDS,
        delta=DELTA,
    )
    study = _study(plan, planned, patients.findings)
    model, rounds, spent = initial_model(study), plan.rounds * planned.times, None
    if planned.epsilon is None:
        for number in range(1, rounds + 1):
            train(model, patients, study.training, round_number=number, device=CPU)
    else:
        spent = _train_privately(model, patients, study)
    return Trained(model, study.training.privacy.noise_multiplier, rounds * plan.steps_per_round, spent)


def _train_privately(model: nn.Module, patients: Examples, study: Study) -> float:
    settings = study.training
    with tempfile.TemporaryDirectory() as folder:
        ledger = PrivacyLedger(PatientAccountFile(Path(folder) / "privacy.json"), study.digest())
        for number in range(1, settings.rounds + 1):
            train_privately(model, patients, settings, ledger, round_number=number, device=CPU)
        return ledger.spent(settings.privacy)


def _study(plan: Plan, planned: Planned, findings: tuple[str, ...]) -> Study:
    privacy = PrivacySection()
    if planned.epsilon is not None:
        privacy = PrivacySection(noise_multiplier=plan.noise_multiplier, delta=DELTA, max_epsilon=planned.epsilon)
    return Study(
        study="privacy-cost",
        findings=findings,
        model=_NETWORK,
        training=TrainingSection(
            rounds=plan.rounds * planned.times,
            steps_per_round=plan.steps_per_round,
            batch_size=planned.batch_size,
            learning_rate=_LEARNING_RATE,
            seed=planned.seed,
            site_offset=False,
            privacy=privacy,
        ),
    )
