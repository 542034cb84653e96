"""Mixup: the network learns from pairs of images, mixed like their targets."""

from dataclasses import replace

import torch
from torch import nn

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import ExaminationBatch, Method

ALPHA = 1.0  # for CIFAR in the paper


class Mixup(Method):
    """Zhang et al., ICLR 2018 (arXiv 1710.09412), section 2, on plain labels; a cell counts by its known share."""

    name = "mixup"

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Restart the draws."""
        del targets, cells
        self._generator = torch.Generator().manual_seed(0)

    def step(self, nets: list[nn.Module], optimizers: list[torch.optim.Optimizer], batch: ExaminationBatch) -> None:
        """A step on the mixed batch."""
        share = float(torch.rand((), generator=self._generator))  # Beta(1, 1) is uniform
        order = torch.randperm(len(batch.rows), generator=self._generator)
        super().step(nets, optimizers, mixed(batch, share, order))


def mixed(batch: ExaminationBatch, share: float, order: torch.Tensor) -> ExaminationBatch:
    """``share`` of the batch and the rest of the batch in another order."""
    weights = share * batch.weights + (1 - share) * batch.weights[order]
    values = share * batch.weights * batch.targets + (1 - share) * batch.weights[order] * batch.targets[order]
    return replace(
        batch,
        images=share * batch.images + (1 - share) * batch.images[order],
        targets=values / weights.clamp_min(1e-8),
        weights=weights,
        offsets=share * batch.offsets + (1 - share) * batch.offsets[order],
    )
