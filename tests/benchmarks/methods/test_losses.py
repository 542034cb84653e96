"""The losses that are not plain binary cross-entropy, each on one cell worked by hand."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.co_teaching import CoTeaching, kept_share, small_loss_cells
from glsmed.benchmarks.methods.gls import NegativeGls
from glsmed.benchmarks.methods.losses import (
    SCE_CIFAR_100,
    EarlyLearning,
    ForwardCorrection,
    GeneralizedCrossEntropy,
    NegativeLabelSmoothing,
    Nvum,
    SymmetricCrossEntropy,
)
from glsmed.benchmarks.methods.method import ExaminationBatch, Method
from glsmed.benchmarks.methods.mixup import mixed
from glsmed.benchmarks.methods.policies import UMultiClass
from glsmed.benchmarks.simulator.hospital_data import ABSENT, PRESENT

LOGIT = math.log(4)  # probability 0.8


def batch(targets: list[list[float]], *, progress: float = 0.0, epoch: int = 0) -> ExaminationBatch:
    values = torch.tensor(targets)
    return ExaminationBatch(
        images=torch.zeros(len(targets), 1, 2, 2),
        rows=torch.arange(len(targets)),
        targets=values,
        weights=torch.ones_like(values),
        offsets=torch.zeros_like(values),
        epoch=epoch,
        progress=progress,
    )


def said(gold: list[float], state: list[int]) -> Cells:
    known, columns = torch.tensor(gold)[:, None], torch.tensor(state)[:, None]
    probability = torch.where(columns == PRESENT, 0.9, 0.1)
    spread = torch.zeros_like(probability)
    return Cells(columns, probability, spread, probability, spread, known, torch.zeros(len(gold), dtype=torch.long))


def loss_of(method: Method, logit: float, target: float) -> float:
    return float(method.loss(torch.tensor([[logit]]), batch([[target]])))


def test_plain_loss_is_cross_entropy() -> None:
    assert loss_of(Method(), LOGIT, 1.0) == pytest.approx(-math.log(0.8))


def test_symmetric_cross_entropy_by_hand() -> None:
    reverse = -(0.2 * math.log(1e-4))
    assert loss_of(SymmetricCrossEntropy(), LOGIT, 1.0) == pytest.approx(0.1 * -math.log(0.8) + reverse, rel=1e-4)
    strong = SymmetricCrossEntropy(alpha_beta=SCE_CIFAR_100)
    assert loss_of(strong, LOGIT, 1.0) == pytest.approx(6 * -math.log(0.8) + 0.1 * reverse, rel=1e-4)


def test_generalised_cross_entropy_by_hand() -> None:
    assert loss_of(GeneralizedCrossEntropy(), LOGIT, 0.0) == pytest.approx((1 - 0.2**0.7) / 0.7)


def test_early_learning_by_hand() -> None:
    method = EarlyLearning()
    method.begin(Targets(torch.zeros(1, 1), torch.ones(1, 1)), said([math.nan], [PRESENT]))
    first = 0.3 * (0.2**2 + 0.8**2)
    assert loss_of(method, LOGIT, 1.0) == pytest.approx(-math.log(0.8) + 3 * math.log(1 - first))
    second = 0.7 * first + first  # the belief is 0.51 of what is said again
    assert loss_of(method, LOGIT, 1.0) == pytest.approx(-math.log(0.8) + 3 * math.log(1 - second))


def test_nvum_by_hand() -> None:
    method = Nvum()
    method.begin(Targets(torch.full((1, 1), 0.5), torch.ones(1, 1)), said([math.nan], [PRESENT]))
    memory = 1 / (1 + math.exp(-0.1 * (LOGIT - math.log(0.5))))
    agreement = memory * 0.8 + (1 - memory) * 0.2
    assert loss_of(method, LOGIT, 1.0) == pytest.approx(-math.log(0.8) + math.log(1 - agreement), rel=1e-5)


def test_forward_correction_by_hand() -> None:
    method = ForwardCorrection()
    read = said([0.0] * 20 + [1.0] * 20, [PRESENT] * 5 + [ABSENT] * 15 + [PRESENT] * 20)
    method.as_read(read)
    method.begin(Targets(torch.zeros(40, 1), torch.ones(40, 1)), replace(read, gold=torch.full((40, 1), math.nan)))
    false_positive, false_negative = (5 + 1) / 40, (0 + 1) / 40
    noisy = 0.8 * (1 - false_negative) + 0.2 * false_positive
    assert loss_of(method, LOGIT, 1.0) == pytest.approx(-math.log(noisy), rel=1e-5)


def test_forward_correction_leaves_gold_cells_alone() -> None:
    method, read = ForwardCorrection(), said([1.0], [ABSENT])
    method.as_read(read)
    method.begin(Targets(torch.zeros(1, 1), torch.ones(1, 1)), read)
    assert loss_of(method, LOGIT, 1.0) == pytest.approx(-math.log(0.8), rel=1e-5)


def test_multiclass_by_hand() -> None:
    method = UMultiClass()
    logits = torch.tensor([[[0.0, math.log(2), math.log(5)]]])
    assert float(method.loss(logits, batch([[0.5]]))) == pytest.approx(-math.log(5 / 8))
    assert float(method.answer(torch.tensor([[0.0, math.log(2), 9.0]]))) == pytest.approx(math.log(2))


def test_negative_label_smoothing_by_hand() -> None:
    method = NegativeLabelSmoothing()
    before = method.loss(torch.tensor([[LOGIT]]), batch([[1.0]], progress=0.5))
    after = method.loss(torch.tensor([[LOGIT]]), batch([[1.0]], progress=0.6))
    assert float(before) == pytest.approx(-math.log(0.8))
    assert float(after) == pytest.approx(1.2 * -math.log(0.8) - 0.2 * -math.log(0.2), rel=1e-4)
    assert (method.learning_rate(0.5, 0.1), method.learning_rate(0.6, 0.1)) == (0.1, 1e-6)


def test_negative_gls_stretches_each_site_and_leaves_gold() -> None:
    cells = said([math.nan] * 4 + [1.0], [PRESENT, ABSENT, PRESENT, ABSENT, PRESENT])
    targets = NegativeGls().targets(cells, torch.Generator()).values[:, 0]
    expected = 0.5 + 0.4 * 0.25 / 0.4**2  # away from the base rate by b(1 - b)/Var
    assert targets[:2].tolist() == pytest.approx([expected, 1 - expected])
    assert float(targets[4]) == pytest.approx(0.9)


def test_negative_gls_is_bounded_after_its_warm_up() -> None:
    method = NegativeGls()
    far = torch.tensor([[500.0]])
    assert float(method.loss(far, batch([[1.2]], epoch=2))) == pytest.approx(0, abs=1e-3)
    assert float(method.loss(far, batch([[1.2]], epoch=3))) == pytest.approx(-0.2 * 6, abs=1e-3)


@pytest.mark.parametrize(("epoch", "share"), [(0, 1.0), (5, 0.9), (10, 0.8), (50, 0.8)])
def test_co_teaching_forgets_gradually(epoch: int, share: float) -> None:
    assert kept_share(epoch) == pytest.approx(share)


def test_co_teaching_keeps_the_easy_cells_of_each_finding_and_label() -> None:
    logits = torch.tensor([[3.0], [-1.0], [2.0], [1.0], [-5.0], [4.0]])
    kept = small_loss_cells(logits, batch([[1.0], [1.0], [1.0], [1.0], [0.0], [0.0]]), 0.5)
    assert kept[:, 0].tolist() == [1, 0, 1, 0, 1, 0]


def test_co_teaching_trains_each_network_on_what_the_other_chose() -> None:
    """Ten positives: the first network finds the first eight easy, the second the last eight."""
    nets: list[nn.Module] = [_line(torch.arange(10, 0, -1.0)), _line(torch.arange(1.0, 11.0))]
    images = torch.eye(10).view(10, 1, 10, 1)
    step = replace(batch([[1.0]] * 10, epoch=99), images=images)
    before = [_weights(net) for net in nets]
    CoTeaching().step(nets, [torch.optim.SGD(net.parameters(), lr=1.0) for net in nets], step)
    moved = [(_weights(net) != old) for net, old in zip(nets, before, strict=True)]
    assert moved[0].tolist() == [False] * 2 + [True] * 8
    assert moved[1].tolist() == [True] * 8 + [False] * 2


def _line(weights: torch.Tensor) -> nn.Sequential:
    layer = nn.Linear(len(weights), 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weights[None] / 10)
    return nn.Sequential(nn.Flatten(), layer)


def _weights(net: nn.Module) -> torch.Tensor:
    return next(net.parameters()).detach()[0].clone()


def test_mixup_by_hand() -> None:
    start = replace(batch([[1.0], [0.0]]), images=torch.tensor([1.0, 3.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2))
    start = replace(start, offsets=torch.tensor([[1.0], [0.0]]))
    both = mixed(start, 0.75, torch.tensor([1, 0]))
    assert both.images[0, 0, 0, 0] == pytest.approx(1.5)
    assert both.targets[:, 0].tolist() == pytest.approx([0.75, 0.25])
    assert both.offsets[:, 0].tolist() == pytest.approx([0.75, 0.25])


def test_mixup_counts_only_known_shares() -> None:
    start = replace(batch([[1.0], [0.0]]), weights=torch.tensor([[1.0], [0.0]]))
    both = mixed(start, 0.75, torch.tensor([1, 0]))
    assert both.targets[:, 0].tolist() == pytest.approx([1.0, 1.0])
    assert both.weights[:, 0].tolist() == pytest.approx([0.75, 0.25])
