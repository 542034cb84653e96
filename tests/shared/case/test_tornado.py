import pytest

from glsmed.shared.case.prices import Prices
from glsmed.shared.case.tornado import PRICES, scaled, swings
from glsmed.shared.case.yearly import Hospital, yearly


def test_prices_that_matter_more_come_first(hospital: Hospital, prices: Prices) -> None:
    def money(paid: Prices) -> float:
        return float(yearly(hospital, paid, "federated").less(yearly(hospital, paid, None)).money[0])

    found = {one.name: one for one in swings(prices, money)}
    assert list(found) == sorted(found, key=lambda name: -found[name].width)
    # by hand: what is saved on misses is 240 - (110 + 28) = 102 of 400 each, at half and at double
    of_misses = found["misses.cost_per_miss"]
    assert of_misses.high - of_misses.low == pytest.approx(-102 * 400 * 1.5)
    assert "reading.minutes_per_examination" not in found  # all are read either way


@pytest.mark.parametrize(("section", "key"), PRICES)
def test_every_price_can_be_scaled_and_nothing_else_changes(prices: Prices, section: str | None, key: str) -> None:
    before, after = prices.model_dump(), scaled(prices, section, key, by=2).model_dump()
    if section is None:
        before.pop(key), after.pop(key), before.pop("sites"), after.pop("sites")
    else:
        before[section].pop(key), after[section].pop(key)
    assert before == after


def test_a_share_stays_a_share_and_findings_follow(prices: Prices) -> None:
    own = Prices.model_validate({**prices.model_dump(), "findings": {"nodule": {"missed_without_model": 0.7}}})
    assert scaled(own, "misses", "missed_without_model", by=2).of_finding("nodule").missed_without_model == 1
    assert scaled(own, "misses", "missed_without_model", by=0.5).of_finding("nodule").missed_without_model == 0.35


def test_minutes_saved_are_never_more_than_there_are(prices: Prices) -> None:
    reading = {**prices.reading.model_dump(), "minutes_saved_when_quiet": 2}
    own = Prices.model_validate({**prices.model_dump(), "reading": reading})
    assert scaled(own, "reading", "minutes_saved_when_quiet", by=2).reading.minutes_saved_when_quiet == 3
    assert scaled(own, "reading", "minutes_per_examination", by=0.5).reading.minutes_saved_when_quiet == 1.5
