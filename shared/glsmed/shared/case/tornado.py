"""What changes with prices: each is divided and multiplied by a factor, and the money of a year is counted again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glsmed.shared.case.prices import Prices

# Every price that can be wrong: its section and its key; None for a key outside of sections.
PRICES: tuple[tuple[str | None, str], ...] = (
    (None, "examinations_per_year"),
    ("reading", "minutes_per_examination"),
    ("reading", "minutes_per_alert"),
    ("reading", "minutes_saved_when_quiet"),
    ("reading", "cost_per_minute"),
    ("misses", "missed_without_model"),
    ("misses", "found_by_alert"),
    ("misses", "cost_per_miss"),
    ("misses", "cost_per_false_alert"),
    ("labelling", "labels"),
    ("models", "federated"),
)
_ROUNDING = 1e-6  # of sums of money
_SHARES = ("missed_without_model", "found_by_alert")
_OF_FINDINGS = ("missed_without_model", "found_by_alert", "cost_per_miss", "cost_per_false_alert")


@dataclass(frozen=True, slots=True)
class Swing:
    """What a price changes.

    Attributes:
        name: its key in prices.yaml.
        low, high: the money where the price is divided by the factor, and where it is multiplied.
    """

    name: str
    low: float
    high: float

    @property
    def width(self) -> float:
        """How much the price matters."""
        return abs(self.high - self.low)


def swings(prices: Prices, money: Callable[[Prices], float]) -> list[Swing]:
    """The swing of each price that changes anything, the widest first."""
    found = [
        Swing(_name(section, key), *(money(scaled(prices, section, key, by=by)) for by in _factors(prices)))
        for section, key in PRICES
    ]
    return sorted((one for one in found if one.width > _ROUNDING), key=lambda one: -one.width)


def scaled(prices: Prices, section: str | None, key: str, *, by: float) -> Prices:
    """The prices with one of them times ``by``, wherever it is given; shares stay at 1 at most.

    A whole section of costs is scaled together, and minutes saved are never more than there are.
    """
    content: dict[str, Any] = prices.model_dump()
    holder = content if section is None else content[section]
    holder[key] = _times(holder[key], by, key)
    if section is None:
        content["sites"] = _times(content["sites"], by, key)
    if key in _OF_FINDINGS:
        for own in content["findings"].values():
            own[key] = _times(own[key], by, key)
    reading = content["reading"]
    reading["minutes_saved_when_quiet"] = min(reading["minutes_saved_when_quiet"], reading["minutes_per_examination"])
    return Prices.model_validate(content)


def _times(value: Any, by: float, key: str) -> Any:  # a number, a section of numbers, or nothing
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {name: _times(one, by, name) for name, one in value.items()}
    if isinstance(value, int):
        return round(value * by)
    return min(value * by, 1.0) if key in _SHARES else value * by


def _factors(prices: Prices) -> tuple[float, float]:
    return 1 / prices.factor, prices.factor


def _name(section: str | None, key: str) -> str:
    return key if section is None else f"{section}.{key}"
