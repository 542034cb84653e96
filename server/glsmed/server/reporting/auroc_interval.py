"""The interval of an AUROC from the AUROC and two counts: all that leaves a site."""

from collections.abc import Callable
from dataclasses import dataclass

from glsmed.shared.metrics.auroc_error import hanley_mcneil_error

_Z = 1.959963984540054  # two-sided 95 %
_STEPS = 60  # of bisection: halves [0, 1] beyond the digits of a double


@dataclass(frozen=True, slots=True)
class Interval:
    """Lower and upper end of a 95 % interval."""

    low: float
    high: float


def auroc_interval(auroc: float, *, positives: int, negatives: int) -> Interval:
    """The 95 % interval of an AUROC: the values that are less than 1.96 of their own standard errors away from it.

    The standard error is that of Hanley and McNeil (Radiology 1982, equations 1 and 2), taken at each candidate value
    and not at the estimate (Newcombe, Statistics in Medicine 2006), so that an AUROC of 1 has an interval too. It takes
    examinations as independent of each other: where patients have several, it is somewhat too narrow.

    Raises:
        ValueError: the AUROC is not in [0, 1], or a count is below 1.
    """
    if not 0 <= auroc <= 1 or min(positives, negatives) < 1:
        raise ValueError(
            f"expected an AUROC in [0, 1] of at least one positive and one negative, got {auroc} of {positives} and "
            f"{negatives}"
        )

    def is_far(value: float) -> bool:
        return abs(auroc - value) > _Z * hanley_mcneil_error(value, positives=positives, negatives=negatives)

    return Interval(_edge(auroc, 0.0, is_far), _edge(auroc, 1.0, is_far))


def _edge(near: float, far: float, is_far: Callable[[float], bool]) -> float:
    """Where the values from ``near`` towards ``far`` become too far; ``far`` where they never do."""
    if not is_far(far):
        return far
    for _ in range(_STEPS):
        middle = (near + far) / 2
        near, far = (near, middle) if is_far(middle) else (middle, far)
    return far
