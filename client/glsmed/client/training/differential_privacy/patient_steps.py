"""Private steps in which many patients share a pass: their mean losses have one gradient each, which is clipped once.

A patient gives one image or several. Patients go to the device in groups, which bounds its memory whoever is drawn;
one with more images than fit into a group is computed by itself, in parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.layer_passes import noted_passes, output_gradients
from glsmed.client.training.differential_privacy.noisy_steps import NoisySteps
from glsmed.client.training.differential_privacy.patient_gradients import (
    Owners,
    PatientGradients,
    patient_gradients,
)
from glsmed.client.training.differential_privacy.private_losses import clip_factors, finite_sum, image_losses
from glsmed.client.training.differential_privacy.single_steps import add_one_by_one
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import augmented_pixels, uses_autocast
from glsmed.shared.protocol.study import TrainingSection

IMAGES_AT_ONCE = 32  # with what each layer saw of them, and some gradients of each patient


@dataclass(frozen=True, slots=True)
class PatientStepper:
    """Takes private steps with a model."""

    model: nn.Module
    steps: NoisySteps
    clip_norm: float
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
        """A stepper for a round of a model."""
        model.to(device).to(memory_format=torch.contiguous_format).train()  # patches are unfolded from it
        steps = NoisySteps.make(model, settings, expected_patients=expected_patients, round_number=round_number)
        return cls(model, steps, settings.privacy.clip_norm_l2, device, uses_autocast(settings, device))

    def step(self, batch: Batch, images: Sequence[int]) -> Tensor:
        """One step with so many images of each patient, which lie side by side in the batch.

        Returns the sum of the patients' losses. With nobody drawn it is a step of noise alone.
        """
        total, start = torch.zeros((), device=self.device), 0
        for group in whole_patients(images, IMAGES_AT_ONCE):
            stop = start + sum(group)
            total += self._clip_and_add(batch.rows(slice(start, stop)), group)
            start = stop
        self.steps.step()
        return total

    def _clip_and_add(self, batch: Batch, images: Sequence[int]) -> Tensor:
        """Add the clipped gradients of a group to the step's sum; returns the sum of their losses.

        Where the group fails its patients are computed one by one, so that a failure takes nobody else's gradient away.
        """
        if len(batch) <= IMAGES_AT_ONCE:
            try:
                return self._add_group(batch, images)
            except Exception as error:  # whatever a centre's model makes of an image, nobody outside may see it
                structlog.get_logger().warning("patients_one_by_one", error=type(error).__name__)
        return add_one_by_one(self.model, batch, images, self, at_once=IMAGES_AT_ONCE)

    def _add_group(self, batch: Batch, images: Sequence[int]) -> Tensor:
        found, losses = group_gradients(self.model, batch, images, autocast=self.autocast, device=self.device)
        factors = clip_factors(norms_of(found, len(images), self.device), self.clip_norm)
        sums = {id(one.parameter): one.sum_of(factors) for one in found}
        self.steps.add([sums.get(id(one), torch.zeros_like(one)) for one in self.steps.parameters])
        return finite_sum(losses)


def group_gradients(
    model: nn.Module, batch: Batch, images: Sequence[int], *, autocast: bool, device: torch.device
) -> tuple[list[PatientGradients], Tensor]:
    """The gradients of each patient's mean loss, by parameter, and each image's share of such a loss.

    Raises:
        ValueError: the network uses a layer in a way that per-patient gradients do not follow from.
    """
    shares = torch.cat([torch.full((count,), 1 / count) for count in images]).to(device)
    with noted_passes(model) as passes:
        losses = image_losses(model, augmented_pixels(batch, device), batch, autocast=autocast)
    losses = losses * shares
    owners, found = Owners(tuple(images)), list[PatientGradients]()
    for one, outputs in zip(passes, output_gradients(losses.sum(), passes), strict=True):
        if outputs is not None:
            found.extend(patient_gradients(one, outputs, owners))
    return found, losses.detach()


def norms_of(found: Sequence[PatientGradients], patients: int, device: torch.device) -> Tensor:
    """``(N,)`` float64: how long each patient's whole gradient is."""
    squares = torch.zeros(patients, dtype=torch.float64, device=device)
    for one in found:
        squares += one.squared_norms()
    return squares.sqrt()


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
