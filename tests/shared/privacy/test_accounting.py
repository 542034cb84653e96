import json
import math
from pathlib import Path
from typing import Any

import pytest
from opacus.accountants import RDPAccountant  # type: ignore[import-untyped]  # opacus ships no types
from scipy import optimize, stats  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.shared.privacy.accounting import PrivateSteps, epsilon, gaussian_noise, merged

ROUND = PrivateSteps(1.0, 0.05, 100)
PLD: list[dict[str, Any]] = json.loads((Path(__file__).parent / "pld.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", PLD, ids=lambda case: f"{case['history']}-{case['delta']}")
def test_epsilon_is_that_of_the_pld_accountant_of_dp_accounting(case: dict[str, Any]) -> None:
    """Written by dp_accounting_table.py in an environment of its own."""
    taken = [PrivateSteps(*one) for one in case["history"]]
    assert epsilon(taken, delta=case["delta"]) == pytest.approx(case["epsilon"], rel=0.002)


@pytest.mark.parametrize("noise", [1.0, 4.0])
def test_one_step_on_everybody_is_a_gaussian_mechanism(noise: float) -> None:
    """Balle and Wang (ICML 2018), theorem 8, give the exact epsilon; ours lies a very little above."""

    def gap(value: float) -> float:
        first = stats.norm.cdf(1 / (2 * noise) - value * noise)
        return float(first - math.exp(value) * stats.norm.cdf(-1 / (2 * noise) - value * noise) - 1e-5)

    exact = optimize.brentq(gap, 0.01, 10)
    assert exact <= epsilon([PrivateSteps(noise, 1.0, 1)], delta=1e-5) < 1.001 * exact


@pytest.mark.parametrize(("noise", "rate", "steps"), [(1.0, 0.064, 800), (1.0, 0.0064, 5000), (2.0, 0.1, 500)])
def test_epsilon_is_below_that_of_renyi_accounting(noise: float, rate: float, steps: int) -> None:
    renyi = RDPAccountant()
    renyi.load_state_dict({"history": [(noise, rate, steps)], "mechanism": "rdp"})
    assert 0.75 < epsilon([PrivateSteps(noise, rate, steps)], delta=1e-5) / renyi.get_epsilon(delta=1e-5) < 0.96


def test_nothing_taken_is_zero_and_more_steps_cost_more() -> None:
    assert epsilon([], delta=1e-5) == 0
    assert epsilon([PrivateSteps(1.0, 0.05, 0)], delta=1e-5) == 0
    assert epsilon([ROUND, ROUND], delta=1e-5) > epsilon([ROUND], delta=1e-5)
    assert epsilon([ROUND, ROUND], delta=1e-5) == epsilon([PrivateSteps(1.0, 0.05, 200)], delta=1e-5)


def test_the_order_of_studies_makes_no_difference() -> None:
    other = PrivateSteps(3.0, 0.5, 20)
    assert epsilon([ROUND, other], delta=1e-5) == pytest.approx(epsilon([other, ROUND], delta=1e-5), rel=1e-6)


@pytest.mark.parametrize("noise", [1e-9, 1e-3, 0.02])
def test_hardly_any_noise_has_no_epsilon(noise: float) -> None:
    assert epsilon([PrivateSteps(noise, 0.5, 1)], delta=1e-5) > 100


@pytest.mark.parametrize("noise", [100.0, 1e4])
def test_much_noise_costs_nearly_nothing(noise: float) -> None:
    assert 0 <= epsilon([PrivateSteps(noise, 0.01, 10)], delta=1e-5) < 0.01


@pytest.mark.parametrize("delta", [0.0, 1e-12, 1.0, math.nan])
def test_a_delta_that_cannot_be_computed_is_refused(delta: float) -> None:
    with pytest.raises(ValueError, match="delta"):
        epsilon([ROUND], delta=delta)


@pytest.mark.parametrize("step", [PrivateSteps(0, 0.5, 1), PrivateSteps(1, 0, 1), PrivateSteps(1, 1.1, 1)])
def test_impossible_steps_are_refused(step: PrivateSteps) -> None:
    with pytest.raises(ValueError, match="expected noise"):
        merged([step])


@pytest.mark.parametrize(("wanted", "delta"), [(0.05, 1e-5), (1.0, 1e-5), (1.0, 1e-9), (8.0, 1e-3), (20.0, 1e-6)])
def test_the_least_noise_of_one_sum_keeps_to_its_epsilon_and_hardly_less_would(wanted: float, delta: float) -> None:
    """Against the exact delta of a Gaussian mechanism."""

    def exact(noise: float) -> float:
        shift = 0.5 / noise
        return float(
            stats.norm.cdf(shift - wanted * noise) - math.exp(wanted) * stats.norm.cdf(-shift - wanted * noise)
        )

    noise = gaussian_noise(wanted, delta=delta)
    assert epsilon([PrivateSteps(noise, 1.0, 1)], delta=delta) <= wanted
    assert exact(noise) <= delta
    assert exact(noise - 0.03) > delta or noise == 0.3
