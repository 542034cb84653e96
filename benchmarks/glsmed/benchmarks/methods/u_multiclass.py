"""U-MultiClass: doubt is a class of its own."""

import torch
from torch import Tensor
from torch.nn import functional as F

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import Batch, Method, weighted_mean

_ABSENT, _PRESENT, _DOUBTED = 0, 1, 2
_DOUBT_MARK = 0.5


class UMultiClass(Method):
    """Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "3-class classification": the test score is p1/(p0 + p1).

    A site's offset is added to the output of the class present.
    """

    name = "u-multiclass"
    outputs = 3

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """0, 1, and 0.5 as the mark of the third class."""
        del generator
        return hard_targets(cells, doubted=_DOUBT_MARK)

    def logits(self, net: torch.nn.Module, batch: Batch) -> Tensor:
        """``(n, K, 3)`` outputs, the offset on the class present."""
        outputs: Tensor = net(batch.images).view(len(batch.rows), -1, self.outputs)
        present = F.one_hot(torch.tensor(_PRESENT), self.outputs).to(outputs)
        return outputs + batch.offsets[..., None] * present

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy of three classes per finding."""
        classes = torch.where(batch.targets == _DOUBT_MARK, _DOUBTED, batch.targets.long())
        cells = F.cross_entropy(logits.flatten(0, 1), classes.flatten(), reduction="none").view_as(batch.targets)
        return weighted_mean(cells, batch.weights)

    def answer(self, outputs: Tensor) -> Tensor:
        """The logit of p1/(p0 + p1)."""
        classes = outputs.view(len(outputs), -1, self.outputs)
        return classes[..., _PRESENT] - classes[..., _ABSENT]
