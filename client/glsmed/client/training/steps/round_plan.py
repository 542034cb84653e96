"""What one round of training works through: checked targets, as far beyond [0, 1] as it allows, and its batches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.learning.negative_rates import LogitMonitor, NegativeRateGuard
from glsmed.client.training.steps.batches import Batch, load_batch, shuffled_passes
from glsmed.client.training.steps.keyed_generator import keyed_generator
from glsmed.shared.errors import DataError, GlsmedError
from glsmed.shared.protocol.study import TrainingSection
from glsmed.shared.smoothing import check_targets, rates_from_probability

_SEED_STRIDE = 1_000_003


class TrainingDivergedError(GlsmedError):
    """The loss stopped being a finite number."""

    may_be_logged = "all"


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What a stretch of training did; ``loss`` is the mean over its steps, ``cells`` the labelled cells trained on."""

    loss: float
    steps: int
    images: int
    cells: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """A round, the same on any device.

    Attributes:
        examples: with the targets that this round may use.
        usable: rows that have a labelled cell.
        logit_limit: guard of negative rates, None where there are none.
        key: what batches and augmentation follow from; None: from the study's seed, which everybody knows.
    """

    examples: Examples
    usable: Tensor
    settings: TrainingSection
    round_number: int
    guard: NegativeRateGuard
    logit_limit: float | None
    key: bytes | None = None

    @classmethod
    def of(cls, examples: Examples, settings: TrainingSection, *, round_number: int, key: bytes | None = None) -> Self:
        """The plan of a round.

        Raises:
            DataError: no image has a labelled cell.
            ValueError: a target or weight is out of range.
        """
        usable, guard = usable_rows(examples), NegativeRateGuard()
        check_soft_targets(examples, lowest_rate=-guard.cap)
        targets = guard.targets(examples.targets, round_number=round_number)
        allowed = replace(examples, targets=targets)
        return cls(allowed, usable, settings, round_number, guard, guard.limit(targets), key)

    @property
    def images_in_step(self) -> int:
        """Images in a step; a site with fewer takes all of them."""
        return min(self.settings.batch_size, len(self.usable))

    def batches(self) -> Iterator[Batch]:
        """The round's batches, determined by the key, or by the study's seed and the round's number."""
        generator = self._generator()
        for rows in shuffled_passes(self.usable, self.settings, generator):
            yield load_batch(self.examples, rows, self.settings, generator)

    def _generator(self) -> torch.Generator:
        if self.key is not None:
            return keyed_generator(self.key)
        return torch.Generator().manual_seed(self.settings.seed * _SEED_STRIDE + self.round_number)

    def monitor(self, device: torch.device) -> LogitMonitor | None:
        """A new monitor of negative rates, None where there are none."""
        return None if self.logit_limit is None else LogitMonitor(self.examples.findings, self.guard, device=device)

    def summary(self, *, summed_loss: float, monitor: LogitMonitor | None, seconds: float) -> TrainingSummary:
        """What the round did, if it went well.

        Raises:
            NegativeRatesError: negative rates drive the logits away; the model is then of no use.
            TrainingDivergedError: the loss is not finite; the model is then of no use.
        """
        steps = self.settings.steps_per_round
        loss = finite_loss(summed_loss / steps, self.round_number)
        if monitor is not None:
            monitor.check()
        return TrainingSummary(
            loss=loss,
            steps=steps,
            images=steps * self.images_in_step,
            cells=int((self.examples.weights > 0).sum()),
            seconds=seconds,
        )


def check_soft_targets(examples: Examples, *, lowest_rate: float = 0.0) -> None:
    """Raise if the loss is not defined for a target or weight; called once a round.

    Raises:
        ValueError: a target has a rate outside [lowest_rate, 1], or a weight is negative or not finite.
    """
    labels, rates = rates_from_probability(examples.targets)
    check_targets(labels, rates, examples.weights, lowest_rate=lowest_rate)


def usable_rows(examples: Examples) -> Tensor:
    """The rows that have a labelled cell.

    Raises:
        DataError: there is none.
    """
    usable = (examples.weights.sum(1) > 0).nonzero().squeeze(1)
    if len(usable) == 0:
        raise DataError("no image of the training split has a labelled finding: see `glsmed-client check`")
    return usable


def finite_loss(loss: float, round_number: int) -> float:
    """The loss itself.

    Raises:
        TrainingDivergedError: it is not a finite number.
    """
    if not loss - loss == 0:
        raise TrainingDivergedError(
            f"the loss became {loss} in round {round_number}: lower learning_rate in study.yaml"
        )
    return loss
