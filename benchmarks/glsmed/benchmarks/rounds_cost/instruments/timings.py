"""Repeated measurements as figures: the median, the middle half, and every number."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    """Measurements of the same thing, in the order in which they were taken."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The ends of the middle half, by linear interpolation; both the value itself if there is only one."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def figures(self, digits: int = 3) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "median": round(self.median, digits),
            "middle_half": [round(value, digits) for value in self.quartiles],
            "each": [round(value, digits) for value in self.values],
        }


def steady(values: Sequence[float]) -> Timings:
    """The measurements without the first, which warms things up.

    Raises:
        ValueError: there are fewer than two.
    """
    if len(values) < 2:  # the first is dropped
        raise ValueError(f"expected at least 2 measurements, the first of which is dropped, got {len(values)}")
    return Timings(tuple(values[1:]))


def load_now() -> list[float]:
    """The machine's load averages over 1, 5 and 15 minutes."""
    return [round(load, 2) for load in os.getloadavg()]
