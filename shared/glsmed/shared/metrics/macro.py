"""Means over findings; apart from the metrics themselves, which need torch."""

from collections.abc import Mapping


def macro(metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric over the findings that have it; n and positives are summed."""
    result: dict[str, float] = {}
    for name in dict.fromkeys(name for values in metrics.values() for name in values):
        values = [finding[name] for finding in metrics.values() if name in finding]
        result[name] = sum(values) if name in ("n", "positives") else sum(values) / len(values)
    return result
