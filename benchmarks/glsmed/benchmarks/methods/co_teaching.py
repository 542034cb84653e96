"""Co-teaching per cell: two networks, each taught by the cells that the other finds easy."""

import torch
from torch import Tensor, nn

from glsmed.benchmarks.methods.method import ExaminationBatch, Method, take_step
from glsmed.shared.smoothing import soft_target_loss

FORGET_RATE = 0.2  # the noise rate, which the paper takes as known
_RAMP_EPOCHS = 10  # T_k in the authors' code


class CoTeaching(Method):
    """Han et al., NeurIPS 2018 (arXiv 1804.06872), algorithm 1, on plain labels.

    Cells are selected instead of images, and within each finding and label, since selecting by image drops the rare
    findings first.
    """

    name = "co-teaching"
    networks = 2

    def step(self, nets: list[nn.Module], optimizers: list[torch.optim.Optimizer], batch: ExaminationBatch) -> None:
        """Each network learns from the other's small losses."""
        logits = [self.logits(net, batch) for net in nets]
        kept = [small_loss_cells(each.detach(), batch, kept_share(batch.epoch)) for each in logits]
        for each, chosen, optimizer in zip(logits, reversed(kept), optimizers, strict=True):
            take_step(soft_target_loss(each, batch.targets, chosen), optimizer)


def kept_share(epoch: int) -> float:
    """R(T) = 1 - tau min(T/T_k, 1)."""
    return 1 - FORGET_RATE * min(epoch / _RAMP_EPOCHS, 1)


def small_loss_cells(logits: Tensor, batch: ExaminationBatch, share: float) -> Tensor:
    """The weights ``(n, K)`` with only the share of smallest losses kept, among each finding's cells of each label."""
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none")
    kept = torch.zeros_like(batch.weights)
    for label in (0.0, 1.0):
        among = (batch.weights > 0) & (batch.targets == label)
        ranked = torch.where(among, losses, torch.inf).argsort(0).argsort(0)
        kept = torch.where(among & (ranked < torch.ceil(share * among.sum(0))), batch.weights, kept)
    return kept
