"""DivideMix's parts, worked by hand."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from glsmed.benchmarks.methods.cells import Targets
from glsmed.benchmarks.methods.dividemix import (
    WARM_UP,
    DivideMix,
    base_rate_penalty,
    clean_probability,
    guessed,
    warm_up_loss,
)
from tests.benchmarks.methods.test_losses import batch, said

LOGIT = math.log(4)  # probability 0.8
NAN = math.nan


def _column(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


def test_labels_with_high_losses_are_not_believed() -> None:
    logits = _column(3.0, 2.8, 3.2, 2.9, -3.0, -2.9, 3.0, 3.1, -9.0)
    labels = [[1.0]] * 4 + [[0.0]] * 2 + [[0.0]] * 2 + [[1.0]]
    cells = batch(labels)
    cells = replace(cells, weights=cells.weights.index_fill(0, torch.tensor([8]), 0.0))
    clean = clean_probability(logits, cells)[:, 0]
    assert bool((clean[:6] > 0.99).all())
    assert bool((clean[6:8] < 0.01).all())
    assert float(clean[8]) == 0  # masked: neither among the losses nor believed


def test_each_finding_has_a_mixture_of_its_own() -> None:
    easy, hard = torch.tensor([4.0, 4.1, 4.2, -1.0]), torch.tensor([-1.0, -1.1, -1.2, -6.0])
    clean = clean_probability(torch.stack([easy, hard], dim=1), batch([[1.0, 1.0]] * 4))
    assert (clean > 0.5).T.tolist() == [[True, True, True, False]] * 2


def test_believed_labels_are_refined_and_others_guessed_by_hand() -> None:
    """Believed at .9, the network itself says .6: .9 + .1 * .6 = .96; not believed: both say .7."""
    targets = guessed(_column(1.0, 1.0), _column(0.9, 0.2), own=_column(0.6, 0.5), both=_column(0.1, 0.7))
    expected = [p**2 / (p**2 + (1 - p) ** 2) for p in (0.96, 0.7)]
    assert targets[:, 0].tolist() == pytest.approx(expected)


def test_warm_up_rewards_entropy_by_hand() -> None:
    entropy = -(0.8 * math.log(0.8) + 0.2 * math.log(0.2))
    assert float(warm_up_loss(_column(LOGIT), batch([[1.0]]))) == pytest.approx(-math.log(0.8) - entropy)
    leaf = _column(LOGIT).requires_grad_()
    warm_up_loss(leaf, batch([[1.0]])).backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
    assert leaf.grad is not None
    assert float(leaf.grad) == pytest.approx(-0.2 + 0.8 * 0.2 * LOGIT, rel=1e-4)  # p - y, and z p (1 - p)


def test_penalty_is_the_divergence_from_the_base_rate() -> None:
    penalty = base_rate_penalty(_column(LOGIT, -LOGIT), torch.ones(2, 1), torch.tensor([0.2]))
    assert float(penalty) == pytest.approx(0.2 * math.log(0.2 / 0.5) + 0.8 * math.log(0.8 / 0.5), rel=1e-5)
    assert float(base_rate_penalty(_column(LOGIT), torch.ones(1, 1), torch.tensor([0.8]))) == pytest.approx(0, abs=1e-6)


class _Constant(nn.Module):
    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.tensor([[logit]]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.logit.expand(len(images), 1)


def _descent(net: nn.Module, rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(net.parameters(), lr=rate)


def _begun(strength: float, labels: list[list[float]]) -> DivideMix:
    method = DivideMix(alpha_lambda=(4.0, strength))
    values = torch.tensor(labels)
    method.begin(Targets(values, torch.ones_like(values)), said([NAN] * len(labels), [3] * len(labels)))
    return method


def test_nothing_is_divided_before_the_warm_up_is_over() -> None:
    method = _begun(25.0, [[1.0], [0.0]])
    nets: list[nn.Module] = [_Constant(1.0), _Constant(-1.0)]
    before = [batch([[1.0], [0.0]], progress=progress) for progress in (0.0, WARM_UP - 0.01)]
    for cells in before:
        method.begin_epoch(nets, cells)
    optimizers = [_descent(net, 1.0) for net in nets]
    method.step(nets, optimizers, before[0])
    p = 1 / (1 + math.exp(-1))
    assert float(next(nets[0].parameters()).detach()) == pytest.approx(1 - (p - 0.5) - p * (1 - p), abs=1e-6)


@pytest.mark.parametrize(("progress", "ramp"), [(WARM_UP, 0.0), (WARM_UP + 8 / 300, 0.5), (0.9, 1.0)])
def test_a_step_by_hand(progress: float, ramp: float) -> None:
    """Two positives; the other network believes neither, so that both are guessed: sharpened from .5 and .8."""
    method = _begun(25.0, [[1.0], [1.0]])
    method._clean = [torch.ones(2, 1), torch.zeros(2, 1)]
    first, second = _Constant(0.0), _Constant(LOGIT)
    cells = batch([[1.0], [1.0]], progress=progress)
    optimizers = [_descent(net, 1e-3) for net in (first, second)]
    method.step([first, second], optimizers, cells)
    both = (0.5 + 0.8) / 2
    target = both**2 / (both**2 + (1 - both) ** 2)
    guess = 25 * ramp * 2 * (0.5 - target) * 0.25
    pull = 0.5 - 1.0  # to a base rate of 1
    assert float(first.logit.detach()) == pytest.approx(-1e-3 * (guess + pull), abs=1e-7)
