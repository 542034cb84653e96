"""Training with differential privacy: one patient, one clipped gradient, noise on the sum (Opacus, ghost clipping).

The patient is the unit: in each step every patient is drawn by itself with the same probability, and gives one of its
images, chosen anew. So a patient with many studies moves a step no further than a patient with one.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from opacus.grad_sample import (  # type: ignore[import-untyped]  # opacus ships no types
    GradSampleModuleFastGradientClipping,
)
from opacus.optimizers import DPOptimizerFastGradientClipping  # type: ignore[import-untyped]  # as above
from torch import Tensor, nn

import glsmed.client.convolution_norms  # noqa: F401  # registers the norms of convolutions with Opacus
from glsmed.client.batches import Batch, load_batch
from glsmed.client.examples import Examples
from glsmed.client.privacy_ledger import PrivacyLedger, Spent
from glsmed.client.round_plan import TrainingSummary, finite_loss, usable_rows
from glsmed.client.steps import augmented_pixels, make_optimizer, uses_autocast
from glsmed.shared.smoothing import check_targets, generalized_label_smoothing_loss
from glsmed.shared.study import TrainingSection

_SEED_BYTES = 8


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
    study's seed, which all sites know.

    Raises:
        PrivacyError: the round would spend more than the study allows.
        DataError: no image has a labelled cell, or the ledger cannot be read.
        TrainingDivergedError: the loss is not finite.
    """
    started = time.perf_counter()
    check_targets(examples.labels, examples.rates, examples.weights)
    patients = rows_by_patient(examples, usable_rows(examples))
    rate = min(1.0, settings.batch_size / len(patients))
    _pay(ledger, settings, rate)
    secret = torch.Generator().manual_seed(_secret_seed())
    stepper = PrivateStepper.make(model, settings, device=device, expected_batch=rate * len(patients))
    total, images = torch.zeros((), device=device), 0
    try:
        for rows in drawn_patients(patients, rate, settings.steps_per_round, secret):
            images += len(rows)
            total += stepper.step(load_batch(examples, rows, settings, secret))
    finally:
        stepper.close()
    return TrainingSummary(
        loss=finite_loss(float(total) / max(1, images), round_number),
        steps=settings.steps_per_round,
        images=images,
        cells=int((examples.weights > 0).sum()),
        seconds=time.perf_counter() - started,
    )


def _pay(ledger: PrivacyLedger, settings: TrainingSection, rate: float) -> None:
    noise, steps = settings.privacy.noise_multiplier, settings.steps_per_round
    ledger.pay(Spent(noise_multiplier=noise, sampling_rate=rate, steps=steps), settings.privacy)


def rows_by_patient(examples: Examples, usable: Tensor) -> list[Tensor]:
    """For each patient the rows of its usable images."""
    rows: dict[str, list[int]] = {}
    for row in usable.tolist():
        rows.setdefault(examples.patients[row], []).append(row)
    return [torch.tensor(of_patient) for of_patient in rows.values()]


def drawn_patients(patients: Sequence[Tensor], rate: float, steps: int, generator: torch.Generator) -> Iterator[Tensor]:
    """For each step one image of every drawn patient; a step may draw nobody."""
    counts = torch.tensor([len(rows) for rows in patients])
    padded = torch.nn.utils.rnn.pad_sequence(list(patients), batch_first=True)
    for _ in range(steps):
        drawn = (torch.rand(len(patients), generator=generator) < rate).nonzero().squeeze(1)
        places = (torch.rand(len(drawn), generator=generator) * counts[drawn]).long()
        yield padded[drawn, places]


def _secret_seed() -> int:
    return int.from_bytes(os.urandom(_SEED_BYTES), "big") % 2**63


@dataclass(frozen=True, slots=True)
class PrivateStepper:
    """Takes private steps with a model that carries Opacus' hooks until it is closed."""

    private: GradSampleModuleFastGradientClipping
    optimizer: torch.optim.Optimizer
    device: torch.device
    autocast: bool

    @classmethod
    def make(
        cls, model: nn.Module, settings: TrainingSection, *, device: torch.device, expected_batch: float
    ) -> "PrivateStepper":
        """A stepper for a model; see :meth:`close`."""
        model.to(device).to(memory_format=torch.contiguous_format).train()  # patches are unfolded from it
        norm = settings.privacy.clip_norm_l2
        private = GradSampleModuleFastGradientClipping(model, max_grad_norm=norm, use_ghost_clipping=True)
        optimizer = DPOptimizerFastGradientClipping(
            make_optimizer(private, settings),
            noise_multiplier=settings.privacy.noise_multiplier,
            max_grad_norm=norm,
            expected_batch_size=expected_batch,
            generator=torch.Generator(device=device).manual_seed(_secret_seed()),
        )
        return cls(private, optimizer, device, uses_autocast(settings, device))

    def step(self, batch: Batch) -> Tensor:
        """One step; returns the sum of the images' losses. With nobody drawn it is a step of noise alone."""
        self.optimizer.zero_grad()
        total = torch.zeros((), device=self.device)
        if len(batch) == 0:
            for parameter in self.private.parameters():
                parameter.grad = torch.zeros_like(parameter)
        else:
            total += self._backward(batch)
        self.optimizer.step()
        return total

    def _backward(self, batch: Batch) -> Tensor:
        """Leave the sum of clipped gradients; returns the sum of losses, each image's the mean over its findings.

        The first pass goes back to the images only: Opacus' hooks see each image's norm on the way, and no gradient of
        a weight is made. The second makes them once, of the losses weighted by how much each image is clipped.
        """
        images = augmented_pixels(batch, self.device).requires_grad_()
        losses = self._losses(images, batch)
        torch.autograd.backward(losses.mean(), inputs=[images], retain_graph=True)
        clipped = self.private.get_clipping_coef().to(losses) * losses
        self.private.disable_hooks()
        torch.autograd.backward(clipped.sum(), inputs=list(self.private.parameters()))
        self.private.enable_hooks()
        return losses.detach().sum()

    def _losses(self, images: Tensor, batch: Batch) -> Tensor:
        """``(n,)``."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.autocast):
            logits: Tensor = self.private(images)
        if batch.offsets is not None:
            logits = logits + batch.offsets.to(self.device)
        labels, rates = batch.labels.to(self.device), batch.rates.to(self.device)
        weights = batch.weights.to(self.device) / batch.weights.shape[1]
        return generalized_label_smoothing_loss(logits, labels, rates, weights, reduction="none")

    def close(self) -> None:
        """Take the hooks off the model again."""
        self.private.to_standard_module()
