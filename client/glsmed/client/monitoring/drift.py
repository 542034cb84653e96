"""Has something changed since the model was shipped? Its probabilities against what reports say, month by month.

Two things are watched of each finding: the mean difference between probability and report (does the model still say as
much as it should), and the mean squared difference (does it still tell patients apart). A month is compared with the
held-out patients of the time when the model shipped. Whether it is outside is decided by a permutation test over all
findings and both numbers together (Westfall and Young 1993, maximum statistic): of 100 months in which nothing has
changed, one gives an alert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from glsmed.client.monitoring.drift_reference import DriftReference, Floats, PatientValues

FALSE_ALARMS = 0.01  # share of unchanged months that give an alert
LEAST_PATIENTS = 20  # of a month
LEAST_CELLS = 10  # of a finding, in the month and in the reference
_DRAWS = 2000
_TINY = 1e-12

Watched = Literal["difference", "error"]


@dataclass(frozen=True, slots=True)
class FindingDrift:
    """One finding in one month.

    Attributes:
        patients: with a report that says something of it.
        said: mean probability of the model; ``report``: mean of what the reports mean.
        value: mean of what is watched; ``low`` and ``high``: the band in which it is expected.
    """

    finding: str
    watched: Watched
    patients: int
    said: float
    report: float
    value: float
    low: float
    high: float

    @property
    def is_outside(self) -> bool:
        """Whether the value is outside its band."""
        return not self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class MonthDrift:
    """One month: empty ``findings`` where ``reason`` says why it could not be judged."""

    month: str
    patients: int
    findings: tuple[FindingDrift, ...] = ()
    reason: str = ""

    @property
    def outside(self) -> tuple[FindingDrift, ...]:
        """What is outside its band; anything at all is an alert."""
        return tuple(one for one in self.findings if one.is_outside)


def look_for_drift(
    reference: DriftReference, months: Mapping[str, PatientValues], *, seed: int = 0
) -> list[MonthDrift]:
    """Every month beside the reference, in the order of their names.

    Args:
        reference: of the shipped model.
        months: the values of each month's patients, for the reference's findings.
        seed: of the permutations.
    """
    return [_month(reference, name, values, seed) for name, values in sorted(months.items())]


def _month(reference: DriftReference, month: str, values: PatientValues, seed: int) -> MonthDrift:
    if len(values) < LEAST_PATIENTS:
        reason = f"{len(values)} patients with a report that says something: fewer than {LEAST_PATIENTS}"
        return MonthDrift(month, len(values), reason=reason)
    before, now = _watched(reference.values), _watched(values)
    enough = (_known(before) >= LEAST_CELLS) & (_known(now) >= LEAST_CELLS)
    if not enough.any():
        reason = f"no finding has {LEAST_CELLS} patients with a report that says something of it, then and now"
        return MonthDrift(month, len(values), reason=reason)
    limit = _critical(before[:, enough], now[:, enough], np.random.default_rng(seed))
    centre, width = np.nanmean(before[:, enough], axis=0), limit * _errors(before[:, enough], now[:, enough])
    bands = dict(zip(np.flatnonzero(enough).tolist(), zip(centre - width, centre + width, strict=True), strict=True))
    findings = tuple(_finding(reference, values, now, place, band) for place, band in bands.items())
    return MonthDrift(month, len(values), findings)


def _watched(values: PatientValues) -> Floats:
    """``(N, 2K)``: the differences, then the squared ones."""
    return np.concatenate([values.said - values.report, values.error], axis=1)


def _known(columns: Floats) -> Floats:
    return np.asarray((~np.isnan(columns)).sum(0), dtype=np.float64)


def _finding(
    reference: DriftReference, values: PatientValues, now: Floats, place: int, band: Sequence[float]
) -> FindingDrift:
    columns = len(reference.findings)
    finding = place % columns
    return FindingDrift(
        finding=reference.findings[finding],
        watched="difference" if place < columns else "error",
        patients=int((~np.isnan(now[:, place])).sum()),
        said=float(np.nanmean(values.said[:, finding])),
        report=float(np.nanmean(values.report[:, finding])),
        value=float(np.nanmean(now[:, place])),
        low=float(band[0]),
        high=float(band[1]),
    )


def _errors(before: Floats, now: Floats) -> Floats:
    """The standard error of the difference of two means, column by column, with the spread of both together."""
    spread = np.nanstd(np.concatenate([before, now]), axis=0, ddof=1)
    return np.asarray(np.maximum(spread, _TINY) * np.sqrt(1 / _known(before) + 1 / _known(now)))


def _critical(before: Floats, now: Floats, rng: np.random.Generator) -> float:
    """What the largest of all differences, in standard errors, exceeds in 1 % of random splits of the patients."""
    both = np.concatenate([before, now])
    known, values = (~np.isnan(both)).astype(np.float64), np.nan_to_num(both)
    is_now = np.zeros((_DRAWS, len(both)))
    is_now[:, : len(now)] = 1.0
    is_now = rng.permuted(is_now, axis=1)
    counts, sums = is_now @ known, is_now @ values
    rest, rest_sums = known.sum(0) - counts, values.sum(0) - sums
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.abs(sums / counts - rest_sums / rest)
        sizes = gaps / (np.maximum(np.nanstd(both, axis=0, ddof=1), _TINY) * np.sqrt(1 / counts + 1 / rest))
    largest = np.where(np.isnan(sizes), 0.0, sizes).max(1)
    return float(np.sort(largest)[int(np.ceil((1 - FALSE_ALARMS) * (_DRAWS + 1))) - 1])
