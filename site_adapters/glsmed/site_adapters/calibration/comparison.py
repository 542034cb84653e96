"""Two adapters on the same reports: what changes, cell by cell, and whether gold labels say that it is worse."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.shared.cue_calibration.family_shifts import Floats, Integers
from glsmed.site_adapters.calibration.calibration import Calibration
from glsmed.site_adapters.calibration.evaluation import probabilities
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.calibration.scores import log_losses, score
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

_NOISE = 2.0  # standard errors
_RESAMPLES = 1000
_SURE = 0.975
_SEED = 7
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that the two adapters read differently; None where one of them does not mention the finding."""

    report_id: str
    finding: str
    before: Cell | None
    after: Cell | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes over reports with ``cells`` mentioned findings."""

    reports: int
    cells: int
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One measure before and after; ``worse`` if it deteriorated beyond noise."""

    measure: str
    before: float
    after: float
    worse: bool


def compare(before: Reader, after: Reader, texts: Mapping[str, str]) -> Comparison:
    """What changes between two adapters, in the order of the reports."""
    changes_found: list[Change] = []
    cells = 0
    for report_id, text in texts.items():
        then, now = before.read(text).cells, after.read(text).cells
        cells += len(then.keys() | now.keys())
        changes_found += changes(report_id, then, now)
    return Comparison(len(texts), cells, changes_found)


def changes(report_id: str, then: Mapping[str, Cell], now: Mapping[str, Cell]) -> Iterator[Change]:
    """The cells of one report that two readings have differently."""
    for finding in sorted(then.keys() | now.keys()):
        before, after = then.get(finding), now.get(finding)
        if before is None or after is None or _differ(before, after):
            yield Change(report_id, finding, before, after)


def _differ(one: Cell, other: Cell) -> bool:
    same_words = (one.state, one.cue) == (other.state, other.cue)
    return not same_words or abs(one.probability - other.probability) > _SAME


def judge(
    before: Sequence[GoldCell], after: Sequence[GoldCell], calibration: Calibration | None = None
) -> list[Verdict]:
    """Brier, log-loss and F1 of both adapters on the same gold labels.

    Reports are the unit of chance. Brier and log-loss are worse where the mean difference exceeds two standard errors
    of its sum by report; F1 where it falls in 97.5 % of resampled reports.

    Args:
        before: the labels with what the one adapter reads.
        after: with what the other reads.
        calibration: gives the probabilities of both; None for the adapters' own.

    Raises:
        ValueError: the labels are not the same.
    """
    if [(gold.report_id, gold.finding) for gold in before] != [(gold.report_id, gold.finding) for gold in after]:
        raise ValueError("two adapters can only be judged on the same gold labels")
    value = np.array([gold.value for gold in before], dtype=np.float64)
    numbers = {report_id: number for number, report_id in enumerate(dict.fromkeys(gold.report_id for gold in before))}
    report = np.array([numbers[gold.report_id] for gold in before], dtype=np.intp)
    then, now = probabilities(before, calibration), probabilities(after, calibration)
    verdicts = []
    for measure, loss in (("brier", _squares), ("log_loss", log_losses)):
        old, new = loss(then, value), loss(now, value)
        worse = _worse_on_average(new - old, report)
        verdicts.append(Verdict(measure, float(old.mean()), float(new.mean()), worse))
    f1_then, f1_now = score(then, value).f1 or 0.0, score(now, value).f1 or 0.0
    return [*verdicts, Verdict("f1", f1_then, f1_now, _f1_falls(then, now, value, report))]


def _squares(probability: Floats, value: Floats) -> Floats:
    squares: Floats = (probability - value) ** 2
    return squares


def _worse_on_average(difference: Floats, report: Integers) -> bool:
    sums = np.bincount(report, difference)
    noise = sums.std() * np.sqrt(len(sums))
    return bool(sums.sum() > max(_NOISE * noise, _SAME))


def _f1_falls(then: Floats, now: Floats, value: Floats, report: Integers) -> bool:
    old, new = _counts(then, value, report), _counts(now, value, report)
    if _f1(new.sum(0)) >= _f1(old.sum(0)):
        return False
    rng = np.random.default_rng(_SEED)
    falls = 0
    for _ in range(_RESAMPLES):
        drawn = rng.integers(len(old), size=len(old))
        falls += _f1(new[drawn].sum(0)) < _f1(old[drawn].sum(0))
    return falls >= _SURE * _RESAMPLES


def _counts(said: Floats, value: Floats, report: Integers) -> Floats:
    """``(R, 2)`` by report: true positives, and claims with positives."""
    claim = (said >= 0.5).astype(np.float64)
    return np.stack([np.bincount(report, claim * value), np.bincount(report, claim + value)], 1)


def _f1(counts: Floats) -> float:
    return float(2 * counts[0] / counts[1]) if counts[1] else 0.0
