"""How a number over seeds stands in the attacks' tables."""

from collections.abc import Sequence
from statistics import mean


def mean_and_range(values: Sequence[float], form: str) -> str:
    """``mean (lowest to highest)``, each number written by ``form`` such as ``{:.2f}``; a dash without any value."""
    if not values:
        return "–"
    middle, low, high = (form.format(value) for value in (mean(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"
