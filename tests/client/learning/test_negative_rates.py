import pytest
import torch

from glsmed.client.learning.negative_rates import LogitMonitor, NegativeRateGuard, NegativeRatesError, has_negative_rate
from glsmed.shared.smoothing import smoothed_targets, soft_target_loss

_CPU = torch.device("cpu")


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize(("round_number", "expected"), [(3, [0.0, 0.0, 0.7]), (4, [-0.5, -0.2, 0.7])])
def test_warm_up_and_cap(label: float, round_number: int, expected: list[float]) -> None:
    labels, rates = torch.full((3,), label), torch.tensor([-3.0, -0.2, 0.7])
    allowed = NegativeRateGuard().targets(smoothed_targets(labels, rates), round_number=round_number)
    assert allowed.tolist() == pytest.approx(smoothed_targets(labels, torch.tensor(expected)).tolist())


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_rate_is_negative_where_its_target_is_outside_0_to_1(label: float) -> None:
    rates = torch.tensor([-0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0])
    assert torch.equal(has_negative_rate(smoothed_targets(torch.full((6,), label), rates)), rates < 0)


@pytest.mark.parametrize(("targets", "limit"), [([0.0, 0.3, 1.0], None), ([-0.1, 0.3], 6.0), ([0.3, 1.1], 6.0)])
def test_the_logit_limit_costs_nothing_where_no_rate_is_negative(targets: list[float], limit: float | None) -> None:
    assert NegativeRateGuard().limit(torch.tensor(targets)) == limit


def test_monitor_names_the_finding_that_runs_away() -> None:
    monitor = LogitMonitor(("effusion", "nodule"), NegativeRateGuard(), device=_CPU)
    targets = torch.tensor([[1.0, 1.1], [0.25, -0.1]])
    monitor.see(torch.tensor([[90.0, 13.0], [90.0, -12.0]]), targets, torch.ones(2, 2))
    assert monitor.mean_sizes().tolist() == [0.0, 12.5]
    with pytest.raises(NegativeRatesError, match=r"nodule.*12\.5.*negative_rates"):
        monitor.check()


def test_monitor_stops_at_what_is_no_number() -> None:
    monitor = LogitMonitor(("effusion",), NegativeRateGuard(), device=_CPU)
    monitor.see(torch.tensor([[torch.nan]]), torch.tensor([[-0.1]]), torch.ones(1, 1))
    with pytest.raises(NegativeRatesError):
        monitor.check()


def test_monitor_is_content_with_masked_cells_and_usual_logits() -> None:
    monitor = LogitMonitor(("effusion",), NegativeRateGuard(), device=_CPU)
    monitor.see(torch.tensor([[5.0], [1e9]]), torch.tensor([[-0.1], [1.1]]), torch.tensor([[1.0], [0.0]]))
    monitor.check()


@pytest.mark.parametrize("guarded", [True, False])
def test_separable_data_runs_away_only_without_the_guard(guarded: bool) -> None:
    guard = NegativeRateGuard()
    targets = torch.tensor([[2.0], [-1.0]])
    if guarded:
        targets = guard.targets(targets, round_number=9)
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    monitor = LogitMonitor(("effusion",), guard, device=_CPU)
    for _ in range(200):
        logits = torch.tensor([[1.0], [-1.0]]) * weight
        loss = soft_target_loss(logits, targets, logit_limit=guard.limit(targets) if guarded else None)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
        optimizer.step()
        monitor.see(logits, targets, torch.ones(2, 1))
    if guarded:
        monitor.check()
        assert float(weight.detach()) < 8
    else:
        assert float(weight.detach()) > 100
