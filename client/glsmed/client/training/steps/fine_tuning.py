"""How a round tunes what it starts from: which layers, how fast each, and which weights are its result.

All follows from study.yaml and the round's number, so a round that is repeated, after a kill too, is the same.
Frozen layers first: Kumar et al., ICLR 2022. A learning rate for each layer: Howard and Ruder, ACL 2018; Clark et al.,
ICLR 2020. Cosine: Loshchilov and Hutter, ICLR 2017. Averaged weights: Polyak and Juditsky, 1992; the average is that of
one round's steps, without the weights that it starts from, since these would shorten every update.
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn

from glsmed.shared.networks.parts import depths, head_names
from glsmed.shared.protocol.study import TrainingSection


def choose_trainable(model: nn.Module, settings: TrainingSection, *, round_number: int) -> None:
    """Let only the head learn in the study's first rounds, if it says so, and all layers in the others."""
    head = head_names(model) if round_number <= settings.fine_tuning.frozen_rounds else None
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(head is None or name in head)


def trainable(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that the round may change."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def round_learning_rate(settings: TrainingSection, *, round_number: int) -> float:
    """The learning rate of a round, from 1; the same for each of its steps."""
    if settings.fine_tuning.schedule == "constant":
        return settings.learning_rate
    passed = min(round_number - 1, settings.rounds) / settings.rounds
    return settings.learning_rate * (1 + math.cos(math.pi * passed)) / 2


def parameter_groups(
    model: nn.Module, settings: TrainingSection, *, round_number: int
) -> Sequence[nn.Parameter] | list[dict[str, Any]]:
    """What an optimizer gets: the parameters, or groups of them with a learning rate each."""
    decay = settings.fine_tuning.layer_decay
    if decay == 1:
        return trainable(model)
    depth, rate = depths(model), round_learning_rate(settings, round_number=round_number)
    groups: dict[int, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault(depth[name], []).append(parameter)
    deepest = max(depth.values())
    return [{"params": groups[place], "lr": rate * decay ** (deepest - place)} for place in sorted(groups)]


class WeightAverage:
    """The exponential moving average of the weights after each step of a round.

    Args:
        parameters: those that the round changes.
        decay: share of the average that each step keeps.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], *, decay: float) -> None:
        self._parameters = list(parameters)
        self._decay = decay
        self._sums = [torch.zeros_like(parameter, requires_grad=False) for parameter in self._parameters]
        self._weight = 0.0

    @classmethod
    def of(cls, model: nn.Module, settings: TrainingSection) -> Self | None:
        """The average for a round of a model, None where the study has none."""
        decay = settings.fine_tuning.average_decay
        return cls(trainable(model), decay=decay) if decay else None

    @torch.no_grad()
    def see(self) -> None:
        """Take up the weights after a step."""
        torch._foreach_lerp_(self._sums, self._values(), 1 - self._decay)
        self._weight += (1 - self._decay) * (1 - self._weight)

    @torch.no_grad()
    def put_in_place(self) -> None:
        """Make the average the model's weights; at least one step was seen."""
        torch._foreach_copy_(self._values(), torch._foreach_div(self._sums, self._weight))

    def _values(self) -> list[Tensor]:
        return [parameter.detach() for parameter in self._parameters]
