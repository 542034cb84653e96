import pytest
import torch

from glsmed.client.learning.negative_rates import LogitMonitor, NegativeRateGuard, NegativeRatesError
from glsmed.shared.smoothing import generalized_label_smoothing_loss

_CPU = torch.device("cpu")


@pytest.mark.parametrize(("round_number", "expected"), [(3, [0.0, 0.0, 0.7]), (4, [-0.5, -0.2, 0.7])])
def test_warm_up_and_cap(round_number: int, expected: list[float]) -> None:
    rates = torch.tensor([-3.0, -0.2, 0.7])
    assert NegativeRateGuard().rates(rates, round_number=round_number).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("rates", "limit"), [([0.0, 0.3], None), ([-0.1, 0.3], 6.0)])
def test_the_logit_limit_costs_nothing_where_no_rate_is_negative(rates: list[float], limit: float | None) -> None:
    assert NegativeRateGuard().limit(torch.tensor(rates)) == limit


def test_monitor_names_the_finding_that_runs_away() -> None:
    monitor = LogitMonitor(("effusion", "nodule"), NegativeRateGuard(), device=_CPU)
    rates = torch.tensor([[0.0, -0.2], [0.5, -0.2]])
    monitor.see(torch.tensor([[90.0, 13.0], [90.0, -12.0]]), rates, torch.ones(2, 2))
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
    monitor.see(torch.tensor([[5.0], [1e9]]), torch.tensor([[-0.1], [-0.1]]), torch.tensor([[1.0], [0.0]]))
    monitor.check()


@pytest.mark.parametrize("guarded", [True, False])
def test_separable_data_runs_away_only_without_the_guard(guarded: bool) -> None:
    guard = NegativeRateGuard()
    rates = guard.rates(torch.full((2, 1), -2.0), round_number=9) if guarded else torch.full((2, 1), -2.0)
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    monitor = LogitMonitor(("effusion",), guard, device=_CPU)
    for _ in range(200):
        logits = torch.tensor([[1.0], [-1.0]]) * weight
        loss = generalized_label_smoothing_loss(
            logits, torch.tensor([[1.0], [0.0]]), rates, logit_limit=guard.limit(rates) if guarded else None
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
        optimizer.step()
        monitor.see(logits, rates, torch.ones(2, 1))
    if guarded:
        monitor.check()
        assert float(weight.detach()) < 8
    else:
        assert float(weight.detach()) > 100
