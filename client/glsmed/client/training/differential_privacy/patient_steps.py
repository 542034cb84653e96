"""Private steps with all images of each drawn patient: their mean loss has one gradient, which is clipped once.

Opacus' hooks compute each image's gradient, these are summed by patient, and Opacus' optimizer clips the sums as it
would clip those of single images. Patients go to the device in groups, which bounds its memory whoever is drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from opacus import GradSampleModule  # type: ignore[import-untyped]  # opacus ships no types
from opacus.optimizers import DPOptimizer  # type: ignore[import-untyped]  # as above
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.private_losses import image_losses
from glsmed.client.training.differential_privacy.private_optimizer import (
    add_clipped,
    add_noise_and_step,
    private_optimizer,
)
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import augmented_pixels, uses_autocast
from glsmed.shared.protocol.study import TrainingSection

IMAGES_AT_ONCE = 16  # whose gradients are on the device, each as large as the model


@dataclass(frozen=True, slots=True)
class PatientStepper:
    """Takes private steps with a model that carries Opacus' hooks until it is closed."""

    private: GradSampleModule
    optimizer: DPOptimizer
    device: torch.device
    autocast: bool

    @classmethod
    def make(
        cls,
        model: nn.Module,
        settings: TrainingSection,
        *,
        device: torch.device,
        expected_patients: float,
        round_number: int,
    ) -> "PatientStepper":
        """A stepper for a round of a model; see :meth:`close`."""
        model.to(device).to(memory_format=torch.contiguous_format).train()  # patches are unfolded from it
        private = GradSampleModule(model, loss_reduction="sum")
        optimizer = private_optimizer(
            DPOptimizer,
            model,
            settings,
            device=device,
            expected_patients=expected_patients,
            round_number=round_number,
        )
        return cls(private, optimizer, device, uses_autocast(settings, device))

    def step(self, batch: Batch, images: Sequence[int]) -> Tensor:
        """One step with so many images of each patient, which lie side by side in the batch.

        Returns the sum of the patients' losses. With nobody drawn it is a step of noise alone.
        """
        self.optimizer.zero_grad()
        total, start = torch.zeros((), device=self.device), 0
        for group in whole_patients(images, IMAGES_AT_ONCE):
            stop = start + sum(group)
            total += self._clip_and_add(batch.rows(slice(start, stop)), group)
            start = stop
        add_noise_and_step(self.optimizer)
        return total

    def _clip_and_add(self, batch: Batch, images: Sequence[int]) -> Tensor:
        """Add the clipped gradients of a group to the step's sum; returns the sum of their losses."""
        owners = torch.arange(len(images)).repeat_interleave(torch.tensor(images))
        sums = [parameter.new_zeros((len(images), *parameter.shape)) for parameter in self.optimizer.params]
        total = torch.zeros((), device=self.device)
        for start in range(0, len(batch), IMAGES_AT_ONCE):
            places = owners[start : start + IMAGES_AT_ONCE]
            part = batch.rows(slice(start, start + len(places)))
            total += self._image_gradients(part, 1 / torch.tensor(images)[places])
            places = places.to(self.device)
            for of_patients, parameter in zip(sums, self.optimizer.params, strict=True):
                of_patients.index_add_(0, places, parameter.grad_sample.to(of_patients))
            self.optimizer.zero_grad()
        for of_patients, parameter in zip(sums, self.optimizer.params, strict=True):
            parameter.grad_sample = of_patients
        add_clipped(self.optimizer)
        return total

    def _image_gradients(self, batch: Batch, shares: Tensor) -> Tensor:
        """Compute each image's gradient, times its share; returns the sum of losses, times shares.

        The pass goes back to the images only: the hooks see what they need, and no gradient of a weight is made.
        """
        pixels = augmented_pixels(batch, self.device).requires_grad_()
        losses = image_losses(self.private, pixels, batch, autocast=self.autocast)
        loss = (losses * shares.to(self.device)).sum()
        torch.autograd.backward(loss, inputs=[pixels])
        return loss.detach()

    def close(self) -> None:
        """Take the hooks off the model again."""
        self.private.to_standard_module()


def whole_patients(images: Sequence[int], most: int) -> Iterator[list[int]]:
    """Patients, by how many images they have, in groups of at most ``most`` images; one with more is alone."""
    group: list[int] = []
    for count in images:
        if group and sum(group) + count > most:
            yield group
            group = []
        group.append(count)
    if group:
        yield group
