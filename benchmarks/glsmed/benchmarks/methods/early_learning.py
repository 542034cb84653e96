"""Early-learning regularisation: what the network believed early on holds it back later."""

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import Batch, Method, weighted_mean
from glsmed.shared.smoothing import soft_target_loss

SYMMETRIC = (0.7, 3.0)  # beta and lambda for CIFAR-10 in the authors' code
ASYMMETRIC = (0.9, 1.0)


class EarlyLearning(Method):
    """Liu et al., NeurIPS 2020 (arXiv 2007.00151), section 4, per cell with two classes, on plain labels.

    loss = CE + lambda log(1 - <t, p>), t = beta t + (1 - beta) p, kept for every cell.
    """

    name = "elr"

    def __init__(self, *, beta_lambda: tuple[float, float] = SYMMETRIC, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self.beta, self.strength = beta_lambda

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Forget all beliefs."""
        del cells
        self._belief = torch.zeros(*targets.values.shape, 2)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy and the regulariser."""
        present = logits.sigmoid().clamp(1e-4, 1 - 1e-4)
        both = torch.stack([1 - present, present], dim=-1)
        belief = self.beta * self._belief[batch.rows] + (1 - self.beta) * both.detach()
        self._belief[batch.rows] = belief
        agreement = (belief * both).sum(-1)
        held_back = weighted_mean((1 - agreement).clamp_min(1e-6).log(), batch.weights)
        return soft_target_loss(logits, batch.targets, batch.weights) + self.strength * held_back
