"""Forward correction: the model's probability goes through each finding's 2 x 2 noise matrix before the loss."""

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import Batch, Method, weighted_mean

_PRIOR_ERRORS, _PRIOR_WEIGHT = 0.05, 20.0  # before any gold: 5 % of labels are wrong, worth 20 labels
_MOST = 0.45


class ForwardCorrection(Method):
    """Patrini et al., CVPR 2017 (arXiv 1609.03683), theorem 2, on plain labels.

    The noise matrix of a finding is counted on the sites' gold; without gold a symmetric error of 5 % is assumed. The
    counts need the words of gold cells, so these come as they were read, before gold replaced them.
    """

    name = "forward"

    def __init__(self, *, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self._read: Cells | None = None

    def as_read(self, cells: Cells) -> None:
        """Take the cells before gold is among them."""
        self._read = cells

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Estimate the errors of each finding: P(1 | truth 0) and P(0 | truth 1)."""
        del targets
        read = self._read or cells
        labels = hard_targets(read, doubted=self.doubted)
        known = (labels.weights > 0) & ~torch.isnan(read.gold)
        self._is_gold = ~torch.isnan(cells.gold)
        self._false_positive = _error_rate(known & (read.gold == 0), labels.values == 1)
        self._false_negative = _error_rate(known & (read.gold == 1), labels.values == 0)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """-log of the label's probability after the noise; gold cells have no noise."""
        probability = logits.sigmoid()
        noisy = probability * (1 - self._false_negative) + (1 - probability) * self._false_positive
        said = torch.where(self._is_gold[batch.rows], probability, noisy).clamp(1e-6, 1 - 1e-6)
        cells = -(batch.targets * said.log() + (1 - batch.targets) * (1 - said).log())
        return weighted_mean(cells, batch.weights)


def _error_rate(cases: Tensor, wrong: Tensor) -> Tensor:
    """``(K,)`` shares, drawn to the prior."""
    errors = (cases & wrong).sum(0) + _PRIOR_ERRORS * _PRIOR_WEIGHT
    return (errors / (cases.sum(0) + _PRIOR_WEIGHT)).clamp_max(_MOST)
