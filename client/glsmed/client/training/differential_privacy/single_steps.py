"""Private steps with any network: each drawn patient's gradient is computed by itself.

Opacus' hooks know few kinds of layers, and take the first dimension of whatever a layer sees as the patients. A network
that folds windows of an image into that dimension, or keeps weights beside its layers, is trained here. It is exact and
needs the memory of one patient; on a GPU it is slower, since patients do not share a pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from opacus.optimizers import DPOptimizer  # type: ignore[import-untyped]  # opacus ships no types
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.private_losses import image_losses
from glsmed.client.training.differential_privacy.private_optimizer import (
    add_clipped,
    add_noise_and_step,
    private_optimizer,
)
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.memory_format import in_fastest_format, placed
from glsmed.client.training.steps.stepper import augmented_pixels, uses_autocast
from glsmed.shared.protocol.study import TrainingSection


@dataclass(frozen=True, slots=True)
class SingleStepper:
    """Takes private steps with a model as it is."""

    model: nn.Module
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
    ) -> "SingleStepper":
        """A stepper for a round of a model; see :meth:`close`."""
        placed(model, device).train()
        optimizer = private_optimizer(
            DPOptimizer,
            model,
            settings,
            device=device,
            expected_patients=expected_patients,
            round_number=round_number,
        )
        return cls(model, optimizer, device, uses_autocast(settings, device))

    def step(self, batch: Batch, images: Sequence[int]) -> Tensor:
        """One step with so many images of each patient, which lie side by side in the batch.

        Returns the sum of the patients' losses. With nobody drawn it is a step of noise alone.
        """
        self.optimizer.zero_grad()
        total, start = torch.zeros((), device=self.device), 0
        for count in images:
            total += self._clip_and_add(batch.rows(slice(start, start + count)))
            start += count
        add_noise_and_step(self.optimizer)
        return total

    def _clip_and_add(self, of_patient: Batch) -> Tensor:
        """Add the clipped gradient of one patient's mean loss to the step's sum; returns that loss."""
        pixels = in_fastest_format(augmented_pixels(of_patient, self.device))
        loss = image_losses(self.model, pixels, of_patient, autocast=self.autocast).mean()
        gradients = torch.autograd.grad(loss, self.optimizer.params, materialize_grads=True)
        for parameter, gradient in zip(self.optimizer.params, gradients, strict=True):
            parameter.grad_sample = gradient.unsqueeze(0)
        add_clipped(self.optimizer)
        return loss.detach()

    def close(self) -> None:
        """Take what Opacus' optimizer has left off the model again."""
        for parameter in self.optimizer.params:
            parameter.grad_sample = parameter.summed_grad = None
