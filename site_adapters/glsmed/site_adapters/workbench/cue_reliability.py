"""How far words mean what the adapter says, by gold: each cue and family before and after calibration."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.shared.cue_calibration.family_shifts import Floats
from glsmed.site_adapters.adapter.adapter import Adapter, Beta
from glsmed.site_adapters.calibration.calibration_fit import Fit, family_of, fit_labels
from glsmed.site_adapters.calibration.gold_cells import GoldCell, mentioned
from glsmed.site_adapters.calibration.scores import ReliabilityRow, reliability, score
from glsmed.site_adapters.workbench.report_readings import ReportReading

_BINS = 10
MORE_LABELS = 10
_HALF = 0.5  # Jeffreys' prior of a share


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean with its standard deviation."""

    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class CueRow:
    """A cue or a family of cues.

    Attributes:
        cells: of all reports that it decides; ``labels`` are those with gold.
        seen: share of those labels that are positive, with its standard deviation; None without any.
        before: what the adapter says; ``after`` what it says with these labels.
        narrowed: standard deviation of ``after`` after ten more labels; None for a family.
        worth: expected squared error of all its cells that those ten labels would take away.
    """

    name: str
    cells: int
    labels: int
    seen: Spread | None
    before: Spread
    after: Spread
    narrowed: float | None = None
    worth: float = 0.0


@dataclass(frozen=True, slots=True)
class CueReliability:
    """All of it.

    Attributes:
        brier: of the hedged labels before, and after when each is held out; None without enough reports.
        curves: by name, the points of a reliability diagram of the hedged labels.
    """

    labels: int
    hedged: int
    cues: Sequence[CueRow]
    families: Sequence[CueRow]
    brier: tuple[float | None, float | None]
    curves: Mapping[str, Sequence[ReliabilityRow]]

    @property
    def wanting(self) -> Sequence[CueRow]:
        """The cues that need labels most, the most useful first."""
        return sorted((row for row in self.cues if row.worth > 0), key=lambda row: -row.worth)


def cue_reliability(
    adapter: Adapter, cells: Sequence[GoldCell], readings: Mapping[str, ReportReading]
) -> CueReliability:
    """Every cue that decides a cell of the reports, with what gold says of it; priors alone without gold."""
    fit = fit_labels(adapter, cells)
    said = Counter(cell.cue for one in readings.values() for cell in one.cells.values())
    families = Counter(family_of(cell) for one in readings.values() for cell in one.cells.values())
    seen = mentioned(cells)
    value = np.array([gold.value for gold, _ in seen], dtype=np.float64)
    prior = np.array([cell.probability for _, cell in seen], dtype=np.float64)
    hedged = np.array([cell.state == "uncertain" for _, cell in seen], dtype=bool)
    after = fit.predicted if len(fit.predicted) else None
    rows = list(_cue_rows(fit, said))
    return CueReliability(
        labels=len(seen),
        hedged=int(hedged.sum()),
        cues=sorted(rows, key=lambda row: -row.cells),
        families=list(_family_rows(fit, families)),
        brier=(_brier(prior, value, hedged), None if after is None else _brier(after, value, hedged)),
        curves=dict(_curves(prior, after, value, hedged)),
    )


def _brier(said: Floats, value: Floats, used: Floats) -> float | None:
    return score(said[used], value[used]).brier


def _curves(
    prior: Floats, after: Floats | None, value: Floats, used: Floats
) -> Iterator[tuple[str, Sequence[ReliabilityRow]]]:
    yield "before", reliability(prior[used], value[used], bins=_BINS)
    if after is not None:
        yield "after", reliability(after[used], value[used], bins=_BINS)


def _cue_rows(fit: Fit, said: Counter[str]) -> Iterator[CueRow]:
    for place, cue in enumerate(fit.priors.cues):
        trials, successes = float(fit.counts.cue_trials[place]), float(fit.counts.cue_successes[place])
        if not said[cue] and not trials:
            continue
        before = Beta(float(fit.priors.mean[place]), float(fit.priors.strength[place]))
        after = Beta(float(fit.posterior.cue_mean[place]), float(fit.posterior.cue_strength[place]))
        narrowed = Beta(after.mean, after.strength + MORE_LABELS).spread
        yield CueRow(
            name=cue,
            cells=said[cue],
            labels=round(trials),
            seen=_share(successes, trials),
            before=Spread(before.mean, before.spread),
            after=Spread(after.mean, after.spread),
            narrowed=narrowed,
            worth=max(0, said[cue] - trials) * (after.spread**2 - narrowed**2),
        )


def _family_rows(fit: Fit, said: Counter[str]) -> Iterator[CueRow]:
    """Families, each as the mean of its cues weighted by their labels, or by their priors where none has any."""
    for place, family in enumerate(fit.priors.families):
        own = fit.priors.family == place
        trials = fit.counts.cue_trials[own]
        if not said[family] and not trials.sum():
            continue
        weight = trials if trials.sum() else fit.priors.strength[own]
        weight = weight / weight.sum()
        yield CueRow(
            name=family,
            cells=said[family],
            labels=round(float(trials.sum())),
            seen=_share(float(fit.counts.cue_successes[own].sum()), float(trials.sum())),
            before=_weighted(weight, fit.priors.mean[own], fit.priors.strength[own]),
            after=_weighted(weight, fit.posterior.cue_mean[own], fit.posterior.cue_strength[own]),
        )


def _weighted(weight: Floats, mean: Floats, strength: Floats) -> Spread:
    """Mean and standard deviation of a weighted sum of Beta distributions."""
    variance = mean * (1 - mean) / (strength + 1)
    return Spread(float(weight @ mean), float(np.sqrt(weight**2 @ variance)))


def _share(successes: float, trials: float) -> Spread | None:
    if not trials:
        return None
    mean = (successes + _HALF) / (trials + 1)
    return Spread(successes / trials, float(np.sqrt(mean * (1 - mean) / (trials + 2))))
