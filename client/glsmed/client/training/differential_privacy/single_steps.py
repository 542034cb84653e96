"""Private steps with any network: each drawn patient's gradient is computed by itself.

Per-patient gradients of a shared pass are known for few kinds of layers, which take the first dimension of whatever
they see as the images. A network that folds windows of an image into that dimension, or keeps weights beside its
layers, is trained here. It is exact and needs the memory of one patient; on a GPU it is slower, since patients do not
share a pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.noisy_steps import NoisySteps
from glsmed.client.training.differential_privacy.private_losses import clip_factors, finite_sum, image_losses
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.fine_tuning import trainable
from glsmed.client.training.steps.memory_format import in_fastest_format, placed
from glsmed.client.training.steps.stepper import augmented_pixels, uses_autocast
from glsmed.shared.protocol.study import TrainingSection

IMAGES_AT_ONCE = 16


class _How(Protocol):
    """How a stepper computes: where, in which precision, and clipped to what."""

    @property
    def steps(self) -> NoisySteps: ...

    @property
    def clip_norm(self) -> float: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def autocast(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SingleStepper:
    """Takes private steps with a model as it is."""

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
    ) -> "SingleStepper":
        """A stepper for a round of a model."""
        placed(model, device).train()
        steps = NoisySteps.make(model, settings, expected_patients=expected_patients, round_number=round_number)
        return cls(model, steps, settings.privacy.clip_norm_l2, device, uses_autocast(settings, device))

    def step(self, batch: Batch, images: Sequence[int]) -> Tensor:
        """One step with so many images of each patient, which lie side by side in the batch.

        Returns the sum of the patients' losses. With nobody drawn it is a step of noise alone.
        """
        total = add_one_by_one(self.model, batch, images, self, at_once=IMAGES_AT_ONCE)
        self.steps.step()
        return total


def add_one_by_one(model: nn.Module, batch: Batch, images: Sequence[int], how: _How, *, at_once: int) -> Tensor:
    """Add each patient's clipped gradient to the step's sum; returns the sum of their losses.

    Args:
        model: on its device.
        batch: the images, those of a patient side by side.
        images: how many each patient has.
        how: device, precision, clip norm.
        at_once: images on the device at a time.
    """
    total, start = torch.zeros((), device=how.device), 0
    for count in images:
        total += add_one_patient(model, batch.rows(slice(start, start + count)), how, at_once=at_once)
        start += count
    return total


def add_one_patient(model: nn.Module, batch: Batch, how: _How, *, at_once: int) -> Tensor:
    """Add the clipped gradient of one patient's mean loss to the step's sum; returns the loss.

    A failure counts as a gradient of 0: an error would say of this patient's images what no noise covers.
    """
    try:
        gradient, loss = clipped_gradient(model, batch, how, at_once=at_once)
    except Exception as error:  # whatever a centre's model makes of an image, nobody outside may see it
        structlog.get_logger().warning("patient_counts_as_zero", error=type(error).__name__)
        return torch.zeros((), device=how.device)
    how.steps.add(gradient)
    return finite_sum(loss.reshape(1))


def clipped_gradient(model: nn.Module, batch: Batch, how: _How, *, at_once: int) -> tuple[list[Tensor], Tensor]:
    """The clipped gradient of one patient's mean loss by each trainable parameter, and that loss.

    Zeros where the gradient is not finite.

    Args:
        model: on its device.
        batch: the patient's images.
        how: device, precision, clip norm.
        at_once: images on the device at a time.
    """
    parameters = trainable(model)
    sums, total = [torch.zeros_like(one) for one in parameters], torch.zeros((), device=how.device)
    for part in batch.split(at_once):
        pixels = in_fastest_format(augmented_pixels(part, how.device))
        loss = image_losses(model, pixels, part, autocast=how.autocast).sum() / len(batch)
        gradients = torch.autograd.grad(loss, parameters, materialize_grads=True)
        torch._foreach_add_(sums, list(gradients))
        total += loss.detach()
    norms = torch.stack([one.norm().double() for one in sums]).norm().reshape(1)
    factor = float(clip_factors(norms, how.clip_norm))
    return [one * factor if factor else torch.zeros_like(one) for one in sums], total
