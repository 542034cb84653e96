"""Negative label smoothing as published: plain labels first, then one negative rate at a tiny learning rate."""

from torch import Tensor

from glsmed.benchmarks.methods.method import Batch, Method
from glsmed.shared.smoothing import smoothed_targets, soft_target_loss

RATE = -0.4
_WARM_UP = 120 / 220  # epochs of cross-entropy among all, in the paper's code
_TINY = 1e-6  # the learning rate afterwards, in the paper's code


class NegativeLabelSmoothing(Method):
    """Wei et al., ICML 2022 (arXiv 2106.04149), on plain labels; rate -0.4 is in the grid of their code."""

    name = "nls"

    def learning_rate(self, progress: float, base: float) -> float:
        """The base while labels are plain, then 1e-6."""
        return base if progress < _WARM_UP else min(base, _TINY)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Binary cross-entropy, then with the negative rate."""
        if batch.progress < _WARM_UP:
            return soft_target_loss(logits, batch.targets, batch.weights)
        rates = batch.targets.new_full(batch.targets.shape, RATE)
        return soft_target_loss(logits, smoothed_targets(batch.targets, rates), batch.weights)
