"""What a way of learning from doubted labels is made of; the defaults are plain binary cross-entropy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glsmed.benchmarks.methods.averaging import Averaging, ByCases
from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.shared.smoothing import soft_target_loss


@dataclass(frozen=True, slots=True)
class ExaminationBatch:
    """One step's examinations.

    Attributes:
        images: ``(n, 1, S, S)`` float32.
        rows: ``(n,)`` places in the training set.
        targets: ``(n, K)`` and weights ``(n, K)``.
        offsets: ``(n, K)`` added to the logits.
        progress: share of training that is done, in [0, 1); ``epoch`` counts from 0.
    """

    images: Tensor
    rows: Tensor
    targets: Tensor
    weights: Tensor
    offsets: Tensor
    epoch: int
    progress: float


Predict = Callable[[], Tensor]
TryOut = Callable[["Method", Targets, int, int], Tensor]


class Method:
    """Base of all methods.

    Attributes:
        name: in tables and on the command line.
        networks: how many networks it trains; the answer is the mean of their logits.
        outputs: numbers per finding that a network gives.
        federated_only: it is nothing new where one model is trained on all data.
        only_labelled: examinations without any label take no part; the others are seen as often as makes up for it.
        shares_cue_counts: the sites' calibrations start from the prior that they share.
        doubted: the label of a finding that the words doubt; None masks it.
        notes: what it decided on its way, in words.
    """

    name = "bce"
    networks = 1
    outputs = 1
    federated_only = False
    only_labelled = False
    shares_cue_counts = False

    def __init__(self, *, doubted: float | None = 1.0) -> None:
        self.doubted = doubted
        self.notes: list[str] = []

    def prepare(self, cells: Cells, sites: Sequence[str], try_out: TryOut) -> None:
        """Settle what takes short trainings; called once before :meth:`targets`.

        Args:
            cells: of all training examinations.
            sites: their names, by number.
            try_out: of a method, its targets, the number of a site and a number of epochs: the logits ``(N, K)`` of
                all training examinations after so many epochs on this site's own.
        """

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """What to learn from the cells; gold is already among them as plain statements."""
        del generator
        return hard_targets(cells, doubted=self.doubted)

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Get ready for a training; called once before the first step."""

    def begin_epoch(self, nets: list[nn.Module], everything: ExaminationBatch) -> None:
        """Get ready for an epoch (a round of a federation) from these networks; ``everything`` is the training set."""

    def aggregation(self) -> Averaging:
        """How the sites' networks become one at the end of a round of a federation."""
        return ByCases()

    def learning_rate(self, progress: float, base: float) -> float:
        """The learning rate at this share of training."""
        del progress
        return base

    def step(self, nets: list[nn.Module], optimizers: list[torch.optim.Optimizer], batch: ExaminationBatch) -> None:
        """One gradient step of every network."""
        for net, optimizer in zip(nets, optimizers, strict=True):
            take_step(self.loss(self.logits(net, batch), batch), optimizer)

    def logits(self, net: nn.Module, batch: ExaminationBatch) -> Tensor:
        """``(n, K)`` logits with the sites' offsets."""
        return net(batch.images) + batch.offsets  # type: ignore[no-any-return]  # torch types no call of a module

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """The loss of a batch, a scalar."""
        return soft_target_loss(logits, batch.targets, batch.weights)

    def answer(self, outputs: Tensor) -> Tensor:
        """``(n, K)`` logits of a network's outputs, without offsets."""
        return outputs

    def second_stage(self, predict: Predict, cells: Cells) -> Targets | None:
        """Targets for training once more from the start, given the logits of the training set; None for no more."""
        del predict, cells
        return None


def take_step(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """One step down the gradient."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
    optimizer.step()


def weighted_mean(cells: Tensor, weights: Tensor) -> Tensor:
    """The mean of ``(n, K)`` losses over weights; 0 where all are masked."""
    return (cells * weights).sum() / weights.sum().clamp_min(1e-8)
