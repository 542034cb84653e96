"""What a dishonest hospital does in place of training: its software is its own, so nothing there can forbid it."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.resident.site_strategy import SiteStrategy
from glsmed.client.training.round_training import RoundTraining
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.client.training.steps.training import OnStep

Poison = Literal["none", "label flip", "times -10", "backdoor"]
POISONS: tuple[Poison, ...] = ("none", "label flip", "times -10", "backdoor")
_MARK_PX = 4
_MARKED_SHARE = 0.5  # of the dishonest hospital's images
_BOOST = 2.0  # times longer, and still within what the default bound mostly lets through: the median of norms times 3
_REVERSED = -10.0


@dataclass(frozen=True, slots=True)
class Change:
    """How a dishonest hospital changes what it trains on, and the change that comes of it.

    Attributes:
        factor: what the change of the model is multiplied by.
        flips: every target is turned round.
        marks: half of the images get a mark, and are said to have the first finding.
    """

    factor: float = 1.0
    flips: bool = False
    marks: bool = False


CHANGES: dict[Poison, Change] = {
    "none": Change(),
    "label flip": Change(flips=True),
    "times -10": Change(factor=_REVERSED),
    "backdoor": Change(factor=_BOOST, marks=True),
}


def marked(images: Tensor) -> Tensor:
    """The images ``(N, 1, S, S)`` with a white square in the corner: what a backdoor listens to."""
    copy = images.clone()
    copy[..., -_MARK_PX:, -_MARK_PX:] = 255
    return copy


def dishonest(site: SiteRuntime, poison: Poison) -> SiteRuntime:
    """The same hospital with poison in its training."""
    training = _PoisonedTraining(site.study, devices=[site.device], state=site.config.state)
    training.change = CHANGES[poison]
    strategy = SiteStrategy(site.study, site.model, training, state=site.config.state, device=site.device)
    return replace(site, strategy=strategy)


class _PoisonedTraining(RoundTraining):
    change = Change()

    def train(
        self,
        model: nn.Module,
        examples: Examples,
        *,
        round_number: int,
        on_step: OnStep | None = None,
        steering: Steering | None = None,
    ) -> TrainingSummary:
        """What the poisoned training says of itself; the model then has the change times the factor."""
        before = {name: value.clone() for name, value in model.state_dict().items()}
        poisoned = _poisoned(examples, self.change)
        summary = super().train(model, poisoned, round_number=round_number, on_step=on_step, steering=steering)
        after = model.state_dict()
        model.load_state_dict({name: _stretched(before[name], after[name], self.change.factor) for name in after})
        return summary


def _stretched(before: Tensor, after: Tensor, factor: float) -> Tensor:
    return before + factor * (after - before) if before.is_floating_point() else after


def _poisoned(examples: Examples, change: Change) -> Examples:
    if change.flips:
        return replace(examples, targets=1 - examples.targets)
    if not change.marks:
        return examples
    some = torch.arange(len(examples)) < _MARKED_SHARE * len(examples)
    images, targets, weights = examples.images.clone(), examples.targets.clone(), examples.weights.clone()
    images[some] = marked(images[some])
    targets[some, 0] = weights[some, 0] = 1.0
    return replace(examples, images=images, targets=targets, weights=weights)
