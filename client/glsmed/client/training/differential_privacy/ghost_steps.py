"""Private steps with one image of each drawn patient, by Opacus' ghost clipping, which needs no per-image gradients."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from opacus.grad_sample import (  # type: ignore[import-untyped]  # opacus ships no types
    GradSampleModuleFastGradientClipping,
)
from opacus.optimizers import DPOptimizerFastGradientClipping  # type: ignore[import-untyped]  # as above
from torch import Tensor, nn

import glsmed.client.training.differential_privacy.gradient_norms  # noqa: F401  # registers them with Opacus
from glsmed.client.training.differential_privacy.private_losses import image_losses
from glsmed.client.training.differential_privacy.private_optimizer import private_optimizer
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.fine_tuning import trainable
from glsmed.client.training.steps.stepper import augmented_pixels, uses_autocast
from glsmed.shared.protocol.study import TrainingSection


@dataclass(frozen=True, slots=True)
class GhostStepper:
    """Takes private steps with a model that carries Opacus' hooks until it is closed."""

    private: GradSampleModuleFastGradientClipping
    optimizer: torch.optim.Optimizer
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
    ) -> "GhostStepper":
        """A stepper for a round of a model; see :meth:`close`."""
        model.to(device).to(memory_format=torch.contiguous_format).train()  # patches are unfolded from it
        norm = settings.privacy.clip_norm_l2
        private = GradSampleModuleFastGradientClipping(model, max_grad_norm=norm, use_ghost_clipping=True)
        optimizer = private_optimizer(
            DPOptimizerFastGradientClipping,
            model,
            settings,
            device=device,
            expected_patients=expected_patients,
            round_number=round_number,
        )
        return cls(private, optimizer, device, uses_autocast(settings, device))

    def step(self, batch: Batch, _images: Sequence[int]) -> Tensor:
        """One step; returns the sum of the patients' losses. With nobody drawn it is a step of noise alone."""
        self.optimizer.zero_grad()
        total = torch.zeros((), device=self.device)
        if len(batch) == 0:
            for parameter in trainable(self.private):
                parameter.grad = torch.zeros_like(parameter)
        else:
            total += self._backward(batch)
        self.optimizer.step()
        return total

    def _backward(self, batch: Batch) -> Tensor:
        """Compute the sum of clipped gradients; returns the sum of losses, each image's the mean over its findings.

        The first pass goes back to the images only: Opacus' hooks see each image's norm on the way, and no gradient of
        a weight is made. The second makes them once, of the losses weighted by how much each image is clipped.
        """
        images = augmented_pixels(batch, self.device).requires_grad_()
        losses = image_losses(self.private, images, batch, autocast=self.autocast)
        torch.autograd.backward(losses.mean(), inputs=[images], retain_graph=True)
        clipped = self.private.get_clipping_coef().to(losses) * losses
        self.private.disable_hooks()
        torch.autograd.backward(clipped.sum(), inputs=trainable(self.private))
        self.private.enable_hooks()
        return losses.detach().sum()

    def close(self) -> None:
        """Take the hooks off the model again."""
        self.private.to_standard_module()
