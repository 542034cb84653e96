"""Symmetric cross-entropy: the usual one plus the reverse."""

import math

from torch import Tensor

from glsmed.benchmarks.methods.method import Batch, Method, weighted_mean
from glsmed.shared.smoothing import soft_target_loss

CIFAR_10 = (0.1, 1.0)  # alpha and beta in the authors' code
CIFAR_100 = (6.0, 0.1)
_LOG_ZERO = math.log(1e-4)  # log 0 is clamped, as in the authors' code


class SymmetricCrossEntropy(Method):
    """Wang et al., ICCV 2019 (arXiv 1908.06112), section 3, per finding with K = 2, on plain labels."""

    name = "sce"

    def __init__(self, *, alpha_beta: tuple[float, float] = CIFAR_10, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self.alpha, self.beta = alpha_beta

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The loss alpha CE + beta RCE, RCE = -sum_k p_k log t_k with log 0 = log 1e-4."""
        probability = logits.sigmoid()
        log_one = batch.targets.clamp_min(1e-4).log().clamp_min(_LOG_ZERO)
        log_zero = (1 - batch.targets).clamp_min(1e-4).log().clamp_min(_LOG_ZERO)
        reverse = -(probability * log_one + (1 - probability) * log_zero)
        usual = soft_target_loss(logits, batch.targets, batch.weights)
        return self.alpha * usual + self.beta * weighted_mean(reverse, batch.weights)
