"""What more labels of a finding would bring: how far its doubted words would be pinned down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.client.labelling.choosing.pool import Floats, Integers, Pool
from glsmed.site_adapters.calibration.calibration_fit import DEFAULT_STRENGTHS
from glsmed.site_adapters.calibration.hierarchy import Posterior, counted, posterior

MORE = 25
_NORMAL_95 = 1.959963984540054
Gold = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one finding: the mean half-width of the 95 % intervals of P(finding | doubted words) over its doubted cells.

    Attributes:
        cells: doubted cells of the site's pool.
        now: with the labels so far; ``after`` with 25 more, spread over its words as the cells are.
    """

    finding: str
    cells: int
    now: float
    after: float


def forecasts(pool: Pool, gold: Gold, *, more: int = MORE) -> list[Forecast]:
    """One for each finding that any report doubts.

    Args:
        pool: the site's cells.
        gold: labels by examination and finding; those of other examinations play no part.
        more: how many labels.
    """
    fitted = _posterior(pool, gold)
    return [one for place in range(len(pool.findings)) if (one := _forecast(pool, fitted, place, more)) is not None]


def _posterior(pool: Pool, gold: Gold) -> Posterior:
    """What cues mean by the labels so far; each label counts as the words of its stratum share it."""
    rows = {study_id: place for place, study_id in enumerate(pool.study_ids)}
    columns = {name: place for place, name in enumerate(pool.findings)}
    known = [
        (rows[one], columns[name], value) for (one, name), value in gold.items() if one in rows and name in columns
    ]
    strata = np.array([pool.stratum[row, column] for row, column, _ in known], dtype=np.intp)
    value = np.array([value for *_, value in known], dtype=np.float64)
    label, cue = np.nonzero(pool.cue_share[strata])
    share = pool.cue_share[strata[label], cue]
    shape = (len(pool.priors.cues), len(pool.findings))
    counts = counted(shape, (cue, _columns(known)[label]), value[label], share)
    return posterior(pool.priors, counts, DEFAULT_STRENGTHS)


def _columns(known: Sequence[tuple[int, int, int]]) -> Integers:
    return np.array([column for _, column, _ in known], dtype=np.intp)


def _forecast(pool: Pool, fitted: Posterior, place: int, more: int) -> Forecast | None:
    own = (pool.finding == place) & pool.doubted
    cells = pool.sizes[own] @ pool.cue_share[own]
    total = float(cells.sum())
    if total == 0:
        return None
    now = _half_width(fitted, place, cells / total, 0)
    return Forecast(pool.findings[place], round(total), now, _half_width(fitted, place, cells / total, more))


def _half_width(fitted: Posterior, place: int, share: Floats, more: int) -> float:
    mean, strength = fitted.mean[:, place], fitted.strength[:, place] + more * share
    return float(_NORMAL_95 * (share * np.sqrt(mean * (1 - mean) / (strength + 1))).sum())
