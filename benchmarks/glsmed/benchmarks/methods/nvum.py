"""NVUM: a memory of each cell's logits, without the class prior, holds back the multi-label loss."""

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Batch, Method, weighted_mean
from glsmed.shared.smoothing import soft_target_loss

BETA, WEIGHT = 0.9, 1.0  # in the authors' code


class Nvum(Method):
    """Liu et al., MICCAI 2022 (arXiv 2103.04053), section 2, on plain labels.

    loss = BCE + log(1 - <sigmoid(memory), sigmoid(z)>), memory = beta memory + (1 - beta)(z - log prior), per cell with
    both classes in the product, where the paper has one product over all findings.
    """

    name = "nvum"

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Empty the memory and take the prior of each finding."""
        del cells
        self._memory = torch.zeros_like(targets.values)
        share = (targets.values * targets.weights).sum(0) / targets.weights.sum(0).clamp_min(1)
        self._log_prior = share.clamp(1e-3, 1 - 1e-3).log()

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Binary cross-entropy and the regulariser."""
        memory = BETA * self._memory[batch.rows] + (1 - BETA) * (logits.detach() - self._log_prior)
        self._memory[batch.rows] = memory
        remembered, now = memory.sigmoid(), logits.sigmoid()
        agreement = remembered * now + (1 - remembered) * (1 - now)
        held_back = weighted_mean((1 - agreement).clamp_min(1e-4).log(), batch.weights)
        return soft_target_loss(logits, batch.targets, batch.weights) + WEIGHT * held_back
