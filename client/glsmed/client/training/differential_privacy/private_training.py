"""Training with differential privacy: one patient, one clipped gradient, noise on the sum.

The patient is the unit: in each step every patient is drawn independently with the same probability, and contributes
one image, chosen at random in each step, or the mean of all. So a patient with many examinations moves a step no
further than a patient with one.
"""

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.settings.patient_account import Spent
from glsmed.client.settings.privacy_ledger import PrivacyLedger, require_small_delta
from glsmed.client.training.differential_privacy.hook_check import hooks_are_exact
from glsmed.client.training.differential_privacy.patient_steps import PatientStepper
from glsmed.client.training.differential_privacy.secret_random import SecretRandom
from glsmed.client.training.differential_privacy.single_steps import SingleStepper
from glsmed.client.training.steps.batches import load_batch
from glsmed.client.training.steps.fine_tuning import WeightAverage, choose_trainable
from glsmed.client.training.steps.round_plan import TrainingSummary, check_soft_targets, usable_rows
from glsmed.shared.protocol.study import TrainingSection

_NONE = torch.zeros(0, dtype=torch.long)


def train_privately(
    model: nn.Module,
    examples: Examples,
    settings: TrainingSection,
    ledger: PrivacyLedger,
    *,
    round_number: int,
    device: torch.device,
) -> TrainingSummary:
    """Train ``model`` in place for one round; its steps are in the ledger before the first is taken.

    Which patients are drawn and what noise is added follow from the operating system's randomness, never from the
    study's seed, which all sites know. Once the round is paid for nothing that an image does to the model is an error:
    a patient whose gradient fails or is not finite counts as 0, as one who was not drawn.

    Raises:
        PrivacyBudgetError: the round would spend more than the study or the site allows.
        PrivacyError: the study's delta is too large for so many patients.
        DataError: no image has a labelled cell, or the ledger cannot be read.
    """
    started = time.perf_counter()
    check_soft_targets(examples)
    patients = rows_by_patient(examples, usable_rows(examples))
    rate = min(1.0, settings.batch_size / len(patients))
    require_small_delta(settings.privacy, len(patients))
    _pay(ledger, settings, rate)
    secret = SecretRandom()
    augmentation = secret.generator()
    choose_trainable(model, settings, round_number=round_number)
    kind = stepper_kind(model.to(device), image_size_px=examples.images.shape[-1])
    expected = rate * len(patients)
    stepper = kind.make(model, settings, device=device, expected_patients=expected, round_number=round_number)
    average = WeightAverage.of(model, settings)
    total, drawn, images = torch.zeros((), device=device), 0, 0
    for of_patients in drawn_patients(patients, rate, settings, secret):
        rows = torch.cat([_NONE, *of_patients])
        drawn, images = drawn + len(of_patients), images + len(rows)
        batch = load_batch(examples, rows, settings, augmentation)
        total += stepper.step(batch, [len(of_patient) for of_patient in of_patients])
        if average is not None:
            average.see()
    if average is not None:
        average.put_in_place()
    return TrainingSummary(
        loss=float(total) / max(1, drawn),
        steps=settings.steps_per_round,
        images=images,
        cells=int((examples.weights > 0).sum()),
        seconds=time.perf_counter() - started,
    )


def stepper_kind(model: nn.Module, *, image_size_px: int) -> type[PatientStepper | SingleStepper]:
    """Which private steps are exact with this model, the fastest first."""
    return PatientStepper if hooks_are_exact(model, image_size_px=image_size_px) else SingleStepper


def _pay(ledger: PrivacyLedger, settings: TrainingSection, rate: float) -> None:
    noise, steps = settings.privacy.noise_multiplier, settings.steps_per_round
    ledger.pay(Spent(noise_multiplier=noise, sampling_rate=rate, steps=steps), settings.privacy)


def rows_by_patient(examples: Examples, usable: Tensor) -> list[Tensor]:
    """For each patient the rows of its usable images."""
    rows: dict[str, list[int]] = {}
    for row in usable.tolist():
        rows.setdefault(examples.patients[row], []).append(row)
    return [torch.tensor(of_patient) for of_patient in rows.values()]


def drawn_patients(
    patients: Sequence[Tensor], rate: float, settings: TrainingSection, secret: SecretRandom
) -> Iterator[list[Tensor]]:
    """For each step the rows of every drawn patient: of one image or of all; a step may draw nobody."""
    for _ in range(settings.steps_per_round):
        drawn = (secret.uniform(len(patients)) < rate).nonzero().squeeze(1).tolist()
        if settings.privacy.patient_images == "all":
            yield [patients[place] for place in drawn]
        else:
            yield [_one_of(patients[place], secret) for place in drawn]


def _one_of(rows: Tensor, secret: SecretRandom) -> Tensor:
    place = secret.below(len(rows))
    return rows[place : place + 1]
