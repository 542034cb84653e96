"""What doubt counts as: policies that turn statements into labels, and learn from these as from any others."""

import torch
from torch import Tensor
from torch.nn import functional as F

from glsmed.benchmarks.methods.cells import Cells, Targets, hard_targets
from glsmed.benchmarks.methods.method import ExaminationBatch, Method, Predict, weighted_mean
from glsmed.benchmarks.simulator.hospital_data import UNCERTAIN
from glsmed.shared.smoothing import smoothed_targets


class UOnes(Method):
    """U-Ones: a doubted finding counts as present.

    Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Binary mapping".
    """

    name = "u-ones"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones as 1."""
        del generator
        return hard_targets(cells, doubted=1.0)


class UOnesEnsemble(UOnes):
    """Two networks, the baseline for methods that train two on these labels."""

    name = "u-ones-ensemble"
    networks = 2


class UZeros(Method):
    """U-Zeros: a doubted finding counts as absent.

    Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Binary mapping".
    """

    name = "u-zeros"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones as 0."""
        del generator
        return hard_targets(cells, doubted=0.0)


class UIgnore(Method):
    """U-Ignore: a doubted finding is left out of the loss.

    Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Ignoring": the loss of that finding only is masked.
    """

    name = "u-ignore"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones masked."""
        del generator
        return hard_targets(cells, doubted=None)


class UIgnoreEnsemble(UIgnore):
    """Two networks, the baseline for methods that train two on these labels."""

    name = "u-ignore-ensemble"
    networks = 2


_LOW, _HIGH = 0.55, 0.85


class UOnesLsr(Method):
    """U-Ones with label smoothing regularisation: doubt is a random number between 0.55 and 0.85.

    Pham et al., Neurocomputing 2021 (arXiv 1911.06475): u is drawn from U(0.55, 0.85), once per cell.
    """

    name = "u-ones-lsr"

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """Plain statements; doubted ones as drawn."""
        plain = hard_targets(cells, doubted=1.0)
        drawn = _LOW + (_HIGH - _LOW) * torch.rand(plain.values.shape, generator=generator)
        return Targets(torch.where(cells.state == UNCERTAIN, drawn, plain.values), plain.weights)


_ABSENT, _PRESENT, _DOUBTED = 0, 1, 2
_DOUBT_MARK = 0.5


class UMultiClass(Method):
    """U-MultiClass: doubt is a class of its own.

    Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "3-class classification": the test score is p1/(p0 + p1).

    A site's offset is added to the output of the class present.
    """

    name = "u-multiclass"
    outputs = 3

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """0, 1, and 0.5 as the mark of the third class."""
        del generator
        return hard_targets(cells, doubted=_DOUBT_MARK)

    def logits(self, net: torch.nn.Module, batch: ExaminationBatch) -> Tensor:
        """``(n, K, 3)`` outputs, the offset on the class present."""
        outputs: Tensor = net(batch.images).view(len(batch.rows), -1, self.outputs)
        present = F.one_hot(torch.tensor(_PRESENT), self.outputs).to(outputs)
        return outputs + batch.offsets[..., None] * present

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Cross-entropy of three classes per finding."""
        classes = torch.where(batch.targets == _DOUBT_MARK, _DOUBTED, batch.targets.long())
        cells = F.cross_entropy(logits.flatten(0, 1), classes.flatten(), reduction="none").view_as(batch.targets)
        return weighted_mean(cells, batch.weights)

    def answer(self, outputs: Tensor) -> Tensor:
        """The logit of p1/(p0 + p1)."""
        classes = outputs.view(len(outputs), -1, self.outputs)
        return classes[..., _PRESENT] - classes[..., _ABSENT]


class USelfTrained(UIgnore):
    """U-SelfTrained: a first model, trained without the doubted findings, labels them softly for a second.

    Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031), "Self-training": soft labels of a U-Ignore model.

    It trains two networks one after the other and answers with the second. What costs as much training is an ensemble
    of two U-Ignore networks, which is its control, though that answers with both.
    """

    name = "u-self-trained"

    def second_stage(self, predict: Predict, cells: Cells) -> Targets:
        """The first model's probabilities where the words doubt."""
        plain = self.targets(cells, torch.Generator())
        doubted = cells.state == UNCERTAIN
        return Targets(
            torch.where(doubted, predict().sigmoid(), plain.values), torch.where(doubted, 1.0, plain.weights)
        )


RATE = 0.2
OTHER_RATE = 0.4


class LabelSmoothing(Method):
    """Uniform label smoothing: the same rate for every label, whatever the words.

    Szegedy et al., CVPR 2016, on plain labels; the rates are in the grid of Wei et al. (ICML 2022).
    """

    name = "ls"

    def __init__(self, *, rate: float = RATE, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self.rate = rate

    def targets(self, cells: Cells, generator: torch.Generator) -> Targets:
        """0.9 and 0.1 for 1 and 0, at the rate 0.2."""
        plain = super().targets(cells, generator)
        return Targets(smoothed_targets(plain.values, torch.full_like(plain.values, self.rate)), plain.weights)


class UOnesLabelSmoothing(LabelSmoothing):
    """Uniform smoothing at 0.2 with doubt counted as present, not tuned."""

    name = "u-ones-ls"

    def __init__(self) -> None:
        super().__init__(rate=RATE, doubted=1.0)
