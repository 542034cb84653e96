"""Opacus' optimizers as all private steps use them: clipped gradients are summed, noise is added once a step."""

from typing import TypeVar

import torch
from opacus.optimizers import (  # type: ignore[import-untyped]  # opacus ships no types
    DPOptimizer,
    DPOptimizerFastGradientClipping,
)
from torch import nn

from glsmed.client.training.differential_privacy.private_losses import secret_generator
from glsmed.client.training.steps.stepper import make_optimizer
from glsmed.shared.protocol.study import TrainingSection

OptimizerT = TypeVar("OptimizerT", DPOptimizer, DPOptimizerFastGradientClipping)


def private_optimizer(
    kind: type[OptimizerT],
    model: nn.Module,
    settings: TrainingSection,
    *,
    device: torch.device,
    expected_patients: float,
    round_number: int,
) -> OptimizerT:
    """The study's optimizer in a private one, whose noise comes from the operating system's randomness."""
    return kind(
        make_optimizer(model, settings, round_number=round_number),
        noise_multiplier=settings.privacy.noise_multiplier,
        max_grad_norm=settings.privacy.clip_norm_l2,
        expected_batch_size=expected_patients,
        generator=secret_generator(device),
    )


def add_clipped(optimizer: DPOptimizer) -> None:
    """Clip the patients' gradients in ``grad_sample`` and add them to the step's sum."""
    optimizer.signal_skip_step()
    optimizer.step()
    optimizer.zero_grad()


def add_noise_and_step(optimizer: DPOptimizer) -> None:
    """End the step; the sum of nobody's gradients is noise alone."""
    for parameter in optimizer.params:
        parameter.grad_sample = parameter.new_zeros((0, *parameter.shape))  # nobody is left to be clipped
    optimizer.step()
