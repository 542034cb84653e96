"""What is added to a step's gradient before the optimizer takes it: a pull to another model, a shift that stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Steering:
    """How a round's steps are steered; by default not at all.

    Attributes:
        pull: mu of the term mu/2 |w - anchor|^2 that is added to the loss.
        anchor: where the pull leads, by name of parameter; None for the model as the round begins.
        shift: added to every gradient, by name of parameter; None for nothing.
    """

    pull: float = 0.0
    anchor: Mapping[str, Tensor] | None = None
    shift: Mapping[str, Tensor] | None = None


@dataclass(frozen=True, slots=True)
class GradientCorrection:
    """Adds ``pull`` times the parameters and a constant to their gradients, all parameters in two kernels.

    Attributes:
        constant: the shift less ``pull`` times the anchor, one tensor for each parameter.
    """

    parameters: list[Tensor]
    pull: float
    constant: list[Tensor]

    @classmethod
    def of(cls, model: nn.Module, steering: Steering) -> Self | None:
        """The correction for a model that is on its device already; None where no step is steered."""
        if steering.pull == 0 and steering.shift is None:
            return None
        named = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        constant = [_constant(name, parameter, steering) for name, parameter in named.items()]
        return cls(list(named.values()), steering.pull, constant)

    @torch.no_grad()
    def apply(self) -> None:
        """Correct the gradients in place."""
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        torch._foreach_add_(gradients, self.constant)
        if self.pull:
            torch._foreach_add_(gradients, self.parameters, alpha=self.pull)


@torch.no_grad()
def _constant(name: str, parameter: nn.Parameter, steering: Steering) -> Tensor:
    anchor = parameter if steering.anchor is None else steering.anchor[name]
    constant = torch.empty_like(parameter).copy_(anchor).mul_(-steering.pull)
    return constant if steering.shift is None else constant.add_(steering.shift[name].to(constant.device))
