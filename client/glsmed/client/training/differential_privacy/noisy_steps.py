"""A private step's end: the sum of clipped gradients, noise on it once, and the study's optimizer.

Sum and noise are rounded to one grid before they are added, as fine as 2^-30 of the noise. What leaves is therefore a
rounded Gaussian mechanism: the last bits of a floating-point sum, which can tell an addend (Mironov, CCS 2012; Jin et
al., 2022), are gone. The little that rounding can add to a patient's contribution is added to the noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.secret_random import SecretRandom
from glsmed.client.training.steps.fine_tuning import trainable
from glsmed.client.training.steps.stepper import make_optimizer
from glsmed.shared.protocol.study import TrainingSection

_GRID = 2.0**-30  # of the noise's standard deviation


@dataclass(slots=True)
class NoisySteps:
    """Adds up clipped gradients, and takes steps along their noisy mean.

    Attributes:
        parameters: those that the round changes.
        deviation: of the noise, in the unit of a gradient.
        expected_patients: what the sum is divided by: never by how many were drawn, which would tell who takes part.
    """

    optimizer: torch.optim.Optimizer
    parameters: list[nn.Parameter]
    deviation: float
    expected_patients: float
    random: SecretRandom
    _sums: list[Tensor] = field(default_factory=list)

    @classmethod
    def make(
        cls, model: nn.Module, settings: TrainingSection, *, expected_patients: float, round_number: int
    ) -> "NoisySteps":
        """Those of a round of a model, which is on its device already."""
        return cls(
            make_optimizer(model, settings, round_number=round_number),
            trainable(model),
            settings.privacy.noise_multiplier * settings.privacy.clip_norm_l2,
            expected_patients,
            SecretRandom(),
        )

    def add(self, clipped: Sequence[Tensor]) -> None:
        """Add the sum of some patients' clipped gradients, one tensor for each parameter."""
        if not self._sums:
            self._sums = [torch.zeros_like(parameter) for parameter in self.parameters]
        torch._foreach_add_(self._sums, list(clipped))

    def step(self) -> None:
        """Add noise and step; the sum of nobody's gradients is noise alone."""
        if not self._sums:
            self._sums = [torch.zeros_like(parameter) for parameter in self.parameters]
        grid, deviation = self._grid_and_deviation()
        for parameter, total in zip(self.parameters, self._sums, strict=True):
            noise = self.random.normal(parameter.shape, device=parameter.device).mul_(deviation / grid).round_()
            noisy = total.double().div_(grid).round_().add_(noise)
            # laid out in memory as the weights are: fused optimizers look at nothing else
            parameter.grad = torch.empty_like(parameter).copy_(noisy.mul_(grid / self.expected_patients))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._sums = []

    def _grid_and_deviation(self) -> tuple[float, float]:
        """The grid, and the noise with as much more as rounding all weights may add to a contribution."""
        weights = sum(parameter.numel() for parameter in self.parameters)
        grid = self.deviation * _GRID
        return grid, self.deviation * (1 + 2 * math.sqrt(weights) * _GRID)
