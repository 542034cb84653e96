"""Composite score: a study's own weighing of false alerts, misses, rare findings and calibration; lower is better."""

from collections.abc import Mapping

from glsmed.shared.metrics.macro import has_both_classes


def composite_of_finding(metrics: Mapping[str, float], parts: Mapping[str, float]) -> float | None:
    """The weighted mean of a finding's metrics in [0, 1]; None where one of them is not known.

    Args:
        metrics: of the finding.
        parts: the weight of each metric that counts, above 0.
    """
    if not parts or not parts.keys() <= metrics.keys():
        return None
    return sum(weight * metrics[name] for name, weight in parts.items()) / sum(parts.values())


def composite_score(
    by_finding: Mapping[str, Mapping[str, float]], parts: Mapping[str, float], findings: Mapping[str, float]
) -> float | None:
    """The weighted mean of :func:`composite_of_finding` over findings with both classes; None where none has it.

    Args:
        by_finding: metrics by finding.
        parts: the weight of each metric that counts, above 0.
        findings: how often a finding counts; one that is not named counts once.
    """
    known = {
        name: value
        for name, metrics in by_finding.items()
        if has_both_classes(metrics) and (value := composite_of_finding(metrics, parts)) is not None
    }
    total = sum(findings.get(name, 1.0) for name in known)
    return sum(findings.get(name, 1.0) * value for name, value in known.items()) / total if known else None
