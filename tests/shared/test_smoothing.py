import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from glsmed.shared.smoothing import (
    GeneralizedLabelSmoothingLoss,
    check_targets,
    compose_rates,
    generalized_label_smoothing_loss,
    k_class_smoothing_loss,
    rates_from_probability,
    smoothed_class_targets,
    smoothed_targets,
    soft_target_loss,
    weights_from_spread,
)


def _cells(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(6, 3, generator=generator) * 3
    labels = torch.randint(0, 2, (6, 3), generator=generator).float()
    return logits, labels, torch.rand(6, 3, generator=generator)


@pytest.mark.parametrize(
    ("label", "rate", "target"), [(1, 0, 1), (0, 0, 0), (1, 1, 0.5), (0, 1, 0.5), (1, 0.4, 0.8), (0, -0.5, -0.25)]
)
def test_target_of_a_label_and_a_rate(label: float, rate: float, target: float) -> None:
    assert float(smoothed_targets(torch.tensor(label), torch.tensor(rate))) == pytest.approx(target)


@given(st.floats(-2, 3))
def test_a_target_becomes_a_label_with_a_rate_and_back(target: float) -> None:
    label, rate = rates_from_probability(torch.tensor(target, dtype=torch.float64))
    assert float(label) in (0.0, 1.0)
    assert float(rate) <= 1
    assert float(smoothed_targets(label, rate)) == pytest.approx(target)


def test_gls_is_cross_entropy_with_the_soft_target() -> None:
    logits, labels, rates = _cells()
    expected = F.binary_cross_entropy_with_logits(logits, labels * (1 - rates) + rates / 2)
    assert torch.allclose(generalized_label_smoothing_loss(logits, labels, rates), expected, atol=1e-6)


@pytest.mark.parametrize("error", [0.1, 0.2, 0.3])
def test_negative_rate_of_symmetric_noise_is_backward_correction(error: float) -> None:
    """Patrini et al. (CVPR 2017), theorem 1: the loss of each label, times the inverse of the noise matrix."""
    logits = torch.linspace(-3, 3, 7)
    noise = torch.tensor([[1 - error, error], [error, 1 - error]])
    losses = torch.stack([F.softplus(logits), F.softplus(-logits)])  # of label 0, of label 1
    corrected = torch.linalg.inv(noise) @ losses
    for label in (0, 1):
        rate = torch.full((7, 1), -2 * error / (1 - 2 * error))
        gls = generalized_label_smoothing_loss(
            logits[:, None], torch.full((7, 1), float(label)), rate, reduction="none"
        )
        assert torch.allclose(gls, corrected[label], atol=1e-5)


def test_a_rate_may_differ_by_finding_and_by_sample() -> None:
    logits, labels, _ = _cells()
    by_finding = torch.tensor([0.2, 0.0, -0.4])
    by_sample = torch.tensor([0.1, 0.2, 0.3, -0.1, 0.0, 1.0])[:, None]
    for rates in (by_finding, by_sample):
        whole = generalized_label_smoothing_loss(logits, labels, rates, reduction="none")
        cell = generalized_label_smoothing_loss(logits, labels, rates.expand(6, 3), reduction="none")
        assert torch.allclose(whole, cell)


def test_mean_is_over_weights_and_a_masked_cell_counts_nothing() -> None:
    logits, labels, rates = torch.tensor([[0.0, 50.0]]), torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2)
    weight = torch.tensor([[2.0, 0.0]])
    assert float(generalized_label_smoothing_loss(logits, labels, rates, weight)) == pytest.approx(math.log(2))
    assert float(generalized_label_smoothing_loss(logits, labels, rates, weight * 0)) == 0


def test_reductions_agree() -> None:
    logits, labels, rates = _cells()
    weight = torch.rand(6, 3, generator=torch.Generator().manual_seed(1))
    each = generalized_label_smoothing_loss(logits, labels, rates, weight, reduction="none")
    total = generalized_label_smoothing_loss(logits, labels, rates, weight, reduction="sum")
    mean = generalized_label_smoothing_loss(logits, labels, rates, weight)
    assert each.shape == (6,)
    assert torch.allclose(each.sum(), total)
    assert torch.allclose(total / weight.sum(), mean)


@pytest.mark.parametrize("target", [-0.25, 1.25])
def test_logit_limit_is_exact_inside_and_pulls_no_further_outside(target: float) -> None:
    inside = torch.linspace(-6, 6, 13)[:, None]
    targets = torch.full_like(inside, target)
    assert torch.allclose(
        soft_target_loss(inside, targets, logit_limit=6.0), soft_target_loss(inside, targets), atol=1e-6
    )
    far = torch.tensor([[200.0 if target > 1 else -200.0]], requires_grad=True)
    soft_target_loss(far, targets[:1], logit_limit=6.0).backward()  # type: ignore[no-untyped-call]  # torch's own
    assert far.grad is not None
    assert float(far.grad.abs()) == pytest.approx(0, abs=1e-6)


def test_logit_limit_bounds_the_loss_below() -> None:
    logits = torch.tensor([[1e4]])
    target = torch.tensor([[1.25]])
    assert float(soft_target_loss(logits, target)) < -1000
    assert float(soft_target_loss(logits, target, logit_limit=6.0)) == pytest.approx(-0.25 * 6)


def test_logit_limit_leaves_rates_from_zero_on_as_they_are() -> None:
    logits, labels, rates = _cells()
    guarded = generalized_label_smoothing_loss(logits * 10, labels, rates, logit_limit=6.0)
    assert torch.allclose(guarded, generalized_label_smoothing_loss(logits * 10, labels, rates), atol=1e-5)


@pytest.mark.parametrize(("hedge", "error", "rate"), [(0.0, 0.1, -0.25), (0.5, 0.0, 0.5), (0.6, 0.2, 1 - 0.4 / 0.6)])
def test_two_part_rate(hedge: float, error: float, rate: float) -> None:
    assert float(compose_rates(torch.tensor(hedge), error)) == pytest.approx(rate)


@pytest.mark.parametrize("error", [0.5, -0.1, float("nan")])
def test_a_labeller_no_better_than_chance_is_refused(error: float) -> None:
    with pytest.raises(ValueError, match="expected a labeller_error in"):
        compose_rates(torch.tensor(0.0), error)


@pytest.mark.parametrize("strength", [0.5, 4.0, 30.0])
def test_weight_of_a_beta_belief_is_s_over_s_plus_1(strength: float) -> None:
    mean = torch.tensor([0.1, 0.5, 0.9])
    spread = (mean * (1 - mean) / (strength + 1)).sqrt()
    assert torch.allclose(weights_from_spread(mean, spread), torch.full((3,), strength / (strength + 1)), atol=1e-6)


def test_a_certain_belief_weighs_1() -> None:
    assert float(weights_from_spread(torch.tensor(1.0), torch.tensor(0.0))) == 1


@pytest.mark.parametrize("rate", [0.3, 0.0, -0.5])
def test_k_class_form_is_cross_entropy_with_the_smoothed_target(rate: float) -> None:
    logits, labels = torch.randn(5, 4, generator=torch.Generator().manual_seed(2)), torch.tensor([0, 3, 1, 2, 2])
    rates = torch.full((5,), rate)
    targets = smoothed_class_targets(labels, rates, 4)
    assert torch.allclose(targets.sum(1), torch.ones(5))
    assert torch.allclose(k_class_smoothing_loss(logits, labels, rates), F.cross_entropy(logits, targets), atol=1e-6)


def test_k_class_form_with_two_classes_is_the_form_per_finding() -> None:
    logits, labels, rates = torch.tensor([0.7, -2.0]), torch.tensor([1.0, 0.0]), torch.tensor([0.4, -0.2])
    two = torch.stack([torch.zeros(2), logits], dim=1)
    per_finding = generalized_label_smoothing_loss(logits[:, None], labels[:, None], rates[:, None])
    assert torch.allclose(k_class_smoothing_loss(two, labels.long(), rates), per_finding, atol=1e-6)


def test_surprise_limit_bounds_the_k_class_loss_below() -> None:
    logits, labels, rates = torch.tensor([[1000.0, 0.0, 0.0]]), torch.tensor([0]), torch.tensor([-0.5])
    assert float(k_class_smoothing_loss(logits, labels, rates)) < -100
    assert float(k_class_smoothing_loss(logits, labels, rates, surprise_limit=6.0)) == pytest.approx(-0.5 * 12 / 3)


@pytest.mark.parametrize("limit", [None, 6.0])
def test_autocast_leaves_the_loss_in_float32(limit: float | None) -> None:
    logits, labels, rates = _cells()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = generalized_label_smoothing_loss(logits.bfloat16(), labels, rates, logit_limit=limit)
    assert loss.dtype == torch.float32
    assert torch.allclose(loss, generalized_label_smoothing_loss(logits, labels, rates), rtol=0.01)


@pytest.mark.parametrize("limit", [None, 6.0])
def test_compiles_as_one_graph_with_the_same_value_and_gradient(limit: float | None) -> None:
    logits, labels, rates = _cells()
    rates = rates - 0.5
    compiled = torch.compile(generalized_label_smoothing_loss, backend="aot_eager", fullgraph=True)
    first, second = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(compiled(first, labels, rates, logit_limit=limit), first)
    (expected,) = torch.autograd.grad(
        generalized_label_smoothing_loss(second, labels, rates, logit_limit=limit), second
    )
    assert torch.allclose(gradient, expected)


def test_criterion_takes_its_reduction_at_each_call() -> None:
    logits, labels, rates = _cells()
    criterion = GeneralizedLabelSmoothingLoss()
    mean = criterion(logits, labels, rates)
    criterion.reduction = "none"
    assert isinstance(criterion, nn.Module)
    assert torch.allclose(criterion(logits, labels, rates).sum() / 18, mean)


@pytest.mark.parametrize(
    ("labels", "rates", "weight", "message"),
    [
        (torch.ones(2, 1), torch.zeros(2, 2), torch.ones(2, 1), "of one shape, got"),
        (torch.full((1, 1), 0.5), torch.zeros(1, 1), torch.ones(1, 1), "labels of 0 and 1"),
        (torch.ones(1, 1), torch.full((1, 1), -0.1), torch.ones(1, 1), "outside"),
        (torch.ones(1, 1), torch.full((1, 1), 1.1), torch.ones(1, 1), "outside"),
        (torch.ones(1, 1), torch.zeros(1, 1), torch.full((1, 1), torch.nan), "weight"),
    ],
)
def test_targets_that_mean_nothing_are_refused(
    labels: torch.Tensor, rates: torch.Tensor, weight: torch.Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_targets(labels, rates, weight)


def test_negative_rates_pass_only_where_they_are_asked_for() -> None:
    check_targets(torch.ones(1, 1), torch.full((1, 1), -0.5), torch.ones(1, 1), lowest_rate=-0.5)
