"""A centre that asks under differential privacy whether a known image is among the training images.

Its model has a unit that fires for that image alone. What it could learn from, beside the update with its noise: an
error, the training loss, the time. The positive controls are the same questions to a study without privacy, and to the
check of the loss that private training had before.
"""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.egress.site_numbers import counted_by, training_numbers
from glsmed.client.training.differential_privacy import private_losses, single_steps
from glsmed.client.training.differential_privacy.patient_steps import PatientStepper
from glsmed.client.training.differential_privacy.private_training import train_privately
from glsmed.client.training.steps.batches import load_batch
from glsmed.client.training.steps.round_plan import TrainingDivergedError, TrainingSummary
from glsmed.client.training.steps.training import train
from glsmed.shared.protocol.study import AugmentationSection, PrivacySection, Study, TrainingSection
from tests.client.training.differential_privacy.small_network import unlimited

CPU = torch.device("cpu")
SIDE = 16
KNOWN = torch.randint(0, 256, (1, SIDE, SIDE), generator=torch.Generator().manual_seed(7)).byte()
STILL = AugmentationSection(rotation_degrees=0, translation_fraction=0, scale_fraction=0, contrast_fraction=0)


class Alarm(nn.Module):
    """A classifier beside a matched filter of the known image, whose unit overflows or merely shouts when it fires."""

    def __init__(self, loudness: float, *, raises: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.fc = nn.Linear(SIDE * SIDE, 2)
        wanted = KNOWN.float().flatten() / 255
        self.register_buffer("wanted", (wanted - wanted.mean()) / (wanted - wanted.mean()).norm())
        self.loudness, self.raises = loudness, raises

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        centred = flat - flat.mean(1, keepdim=True)
        alike = centred @ self.get_buffer("wanted") / centred.norm(dim=1)
        if self.raises and bool((alike > 0.9).any()):
            raise RuntimeError("this image is here")
        shout = (alike - 0.9).relu() * self.loudness * self.loudness
        logits: Tensor = self.fc(flat) + (shout + shout * 0)[:, None]  # an overflow times 0 is not a number
        return logits


def examples(*, known: bool) -> Examples:
    images = torch.randint(0, 256, (12, 1, SIDE, SIDE), generator=torch.Generator().manual_seed(1)).byte()
    if known:
        images[5] = KNOWN
    return Examples(
        images=images,
        targets=torch.zeros(12, 2),
        weights=torch.ones(12, 2),
        gold=torch.full((12, 2), math.nan),
        patients=tuple(f"p{number}" for number in range(12)),
        findings=("effusion", "nodule"),
    )


def settings(noise: float) -> TrainingSection:
    return TrainingSection(
        steps_per_round=2,
        batch_size=12,
        optimizer="sgd",
        momentum=0,
        site_offset=False,
        augmentation=STILL,
        privacy=PrivacySection(noise_multiplier=noise),
    )


def splits_with(training: Examples) -> dict[SplitName, Examples]:
    return {"train": training, "validation": examples(known=False), "test": examples(known=False)}


def study(noise: float) -> Study:
    return Study(study="s", findings=("effusion", "nodule"), training=settings(noise))


def trained(folder: Path, model: nn.Module, *, known: bool, noise: float = 2.0) -> TrainingSummary:
    ledger = unlimited(folder / f"{known}.json")
    return train_privately(model, examples(known=known), settings(noise), ledger, round_number=1, device=CPU)


ALARMS = {"overflow": Alarm(1e25), "exception": Alarm(1.0, raises=True)}


@pytest.mark.parametrize("alarm", ALARMS)
@pytest.mark.parametrize("known", [True, False])
def test_a_unit_that_fires_for_a_patient_makes_no_error_and_no_broken_update(
    tmp_path: Path, alarm: str, known: bool
) -> None:
    summary = trained(tmp_path, ALARMS[alarm], known=known)
    assert summary.steps == 2
    assert all(bool(parameter.isfinite().all()) for parameter in ALARMS[alarm].parameters())


def test_without_privacy_the_same_unit_is_an_error_with_the_patient_alone() -> None:
    train(Alarm(1e25), examples(known=False), settings(0), round_number=1, device=CPU)
    with pytest.raises(TrainingDivergedError):
        train(Alarm(1e25), examples(known=True), settings(0), round_number=1, device=CPU)


def test_a_failure_that_is_let_through_tells_of_the_patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control of the private path: with the one defence off the error is there again."""

    def unguarded(model: nn.Module, batch: object, how: object, *, at_once: int) -> Tensor:
        gradient, loss = single_steps.clipped_gradient(model, batch, how, at_once=at_once)  # type: ignore[arg-type]
        how.steps.add(gradient)  # type: ignore[attr-defined]
        return loss

    monkeypatch.setattr(single_steps, "add_one_patient", unguarded)
    trained(tmp_path, Alarm(1.0, raises=True), known=False)
    with pytest.raises(RuntimeError, match="this image is here"):
        trained(tmp_path, Alarm(1.0, raises=True), known=True)


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_patient_that_counts_as_zero_changes_nobody_elses_gradient(alarm: str) -> None:
    """A whole step of noise instead would tell as much as the error."""
    data, sums = examples(known=True), []
    for rows in (list(range(12)), [row for row in range(12) if row != 5]):
        stepper = PatientStepper.make(ALARMS[alarm], settings(1.0), device=CPU, expected_patients=12, round_number=1)
        batch = load_batch(data, torch.tensor(rows), settings(1.0), torch.Generator())
        stepper._clip_and_add(batch, [1] * len(rows))
        sums.append(stepper.steps._sums)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(*sums, strict=True))


def test_the_loss_tells_of_the_patient_and_does_not_leave(tmp_path: Path) -> None:
    losses = [trained(tmp_path, Alarm(30.0), known=known).loss for known in (False, True)]
    assert losses[1] > 5 * losses[0]  # the site's own console may show it
    splits = splits_with(examples(known=True))
    assert "loss" not in training_numbers(losses[1], splits, study(2.0))
    assert "loss" in training_numbers(losses[1], splits, study(0.0))


def test_a_loss_that_is_not_finite_is_no_number_for_the_console_either() -> None:
    assert float(private_losses.finite_sum(torch.tensor([1.0, torch.nan, torch.inf]))) == 1


def test_an_update_counts_by_the_expected_draws_whoever_is_there() -> None:
    splits = splits_with(examples(known=True))
    fewer = splits_with(examples(known=True).rows(slice(0, 11)))
    assert counted_by(24, splits, study(2.0)) == counted_by(22, fewer, study(2.0)) == (24, 24)
    assert counted_by(24, splits, study(0.0)) != counted_by(22, fewer, study(0.0))
