import numpy as np
import pytest

from glsmed.shared.case.prices import Prices
from glsmed.shared.case.yearly import Hospital, alone, estimate, model_cost, together, yearly


def test_a_year_without_a_model_by_hand(hospital: Hospital, prices: Prices) -> None:
    """20000 examinations: 2000 effusions and 400 nodules, of which a reader misses 10 %."""
    year = yearly(hospital, prices, None)
    assert year.alerts[0] == year.false_alerts[0] == 0
    assert year.misses[0] == pytest.approx(240)
    assert year.minutes[0] == pytest.approx(20_000 * 3)
    assert year.money[0] == pytest.approx(60_000 * 2.5 + 240 * 400)


def test_a_year_with_a_model_by_hand(hospital: Hospital, prices: Prices) -> None:
    year = yearly(hospital, prices, "federated")
    true, false = 2000 * 0.9 + 400 * 0.6, 18_000 * 0.05 + 19_600 * 0.1
    misses = 200 * (1 - 0.9 * 0.5) + 40 * (1 - 0.6 * 0.5)
    assert year.alerts[0] == pytest.approx(true + false)
    assert year.false_alerts[0] == pytest.approx(false)
    assert year.misses[0] == pytest.approx(misses)
    minutes = 60_000 + (true + false) * 0.5
    assert year.minutes[0] == pytest.approx(minutes)
    model = 8000 + 10_000 / 3 + 1000 * 0.3 * 2.5 / 3
    assert model_cost(prices, "federated") == pytest.approx(model)
    assert year.money[0] == pytest.approx(minutes * 2.5 + misses * 400 + false * 3 + model)


def test_minutes_saved_on_quiet_examinations(hospital: Hospital, prices: Prices) -> None:
    reading = prices.reading.model_copy(update={"minutes_saved_when_quiet": 1.0})
    saves = prices.model_copy(update={"reading": reading})
    less = yearly(hospital, prices, "local").minutes - yearly(hospital, saves, "local").minutes
    assert less[0] == pytest.approx(20_000 * 0.8)


def test_a_finding_has_its_own_price(hospital: Hospital, prices: Prices) -> None:
    own = Prices.model_validate({**prices.model_dump(), "findings": {"nodule": {"cost_per_miss": 1400}}})
    more = yearly(hospital, own, None).money - yearly(hospital, prices, None).money
    assert more[0] == pytest.approx(40 * 1000)


def test_a_site_may_have_its_own_volume(hospital: Hospital, prices: Prices) -> None:
    larger = prices.model_copy(update={"sites": {"st-mary": 40_000.0, "sakura": 1.0}})
    assert yearly(hospital, larger, None).misses[0] == pytest.approx(480)


def test_findings_and_hospitals_add_up(hospital: Hospital, prices: Prices) -> None:
    whole = yearly(hospital, prices, "local")
    parts = together([yearly(alone(hospital, place), prices, "local") for place in (0, 1)])
    assert parts.misses[0] == pytest.approx(whole.misses[0])
    assert parts.false_alerts[0] == pytest.approx(whole.false_alerts[0])
    assert together([whole, whole]).money[0] == pytest.approx(2 * whole.money[0])


def test_the_difference_of_two_models_is_taken_draw_by_draw(hospital: Hospital, prices: Prices) -> None:
    change = yearly(hospital, prices, "federated").less(yearly(hospital, prices, "local"))
    assert change.misses[1] == pytest.approx(-(200 * 0.1 + 40 * 0.1) * 0.5)


def test_an_estimate_lies_between_its_ends() -> None:
    """All of 10 found: every draw is below 1, the estimate is not."""
    one = estimate(np.concatenate([[1.0], np.linspace(0.7, 0.99, 100)]))
    assert (one.value, one.high) == (1.0, 1.0)
    assert one.low == pytest.approx(np.percentile(np.linspace(0.7, 0.99, 100), 2.5))
