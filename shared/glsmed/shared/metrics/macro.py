"""Means over findings; apart from the metrics themselves, which need torch."""

from collections.abc import Mapping

COUNTS = ("n", "positives")  # summed over findings; each other metric is averaged


def macro(metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric over the findings that have it and both classes; n and positives are summed over all.

    Where a finding never occurs, saying "absent" to everyone is free of error: such a finding would only praise the
    model that says so most firmly.
    """
    result: dict[str, float] = {}
    for name in dict.fromkeys(name for values in metrics.values() for name in values):
        counts = [finding for finding in metrics.values() if name in COUNTS or has_both_classes(finding)]
        values = [finding[name] for finding in counts if name in finding]
        if values:
            result[name] = sum(values) if name in COUNTS else sum(values) / len(values)
    return result


def has_both_classes(finding: Mapping[str, float]) -> bool:
    """Whether the metrics of a finding are about examinations with it and others without it; true where not known."""
    return not ("n" in finding and "positives" in finding) or 0 < finding["positives"] < finding["n"]
