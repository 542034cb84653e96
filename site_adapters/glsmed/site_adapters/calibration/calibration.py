"""What words mean at one site: the posterior of each cell by the site's calibration file."""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.site_adapters.adapter.adapter import Adapter, Beta
from glsmed.site_adapters.calibration.calibration_file import (
    CalibrationFile,
    ChosenStrengths,
    CueLevel,
    FamilyLevel,
    HeldOutLosses,
    LearnedModel,
    Level,
    fingerprint,
    load_calibration_file,
)
from glsmed.site_adapters.calibration.calibration_fit import UNMENTIONED_PRIOR, Fit, fit_labels
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.calibration.hierarchy import counted
from glsmed.site_adapters.calibration.learned_scoring import Learned, features, predict
from glsmed.site_adapters.reading.cells import Cell

_DECIMALS = 6
# No number of labels makes a finding impossible or certain; written numbers have four decimals.
_LEAST, _MOST = 0.0001, 0.9999


class Calibration:
    """Called with a cell, gives the mean and spread of P(finding | words) at this site.

    A cell whose cue the calibration has never seen keeps its prior. Alternatives that share a cue ("A, B or C") share
    its calibrated mean in the same way.

    Attributes:
        digest: changes whenever any answer may.
        file: everything that it was made from.
    """

    def __init__(self, file: CalibrationFile) -> None:
        self.file = file
        self.digest = file.identity
        self._cues = {cue: (level.mean, level.spread) for cue, level in file.cues.items()}
        self._learned = file.learned if file.learned is not None and file.learned.used else None
        self._findings = {
            (cue, finding): (level.mean, level.spread)
            for cue, findings in file.cues_by_finding.items()
            for finding, level in findings.items()
        }

    def __call__(self, cell: Cell, report: Collection[Cell] = ()) -> tuple[float, float]:
        """Mean and spread of the posterior.

        Args:
            cell: what the words say of one finding.
            report: all cells of the same report, which learned scoring needs; without them the posterior of the cue
                answers.
        """
        mean, spread = self._cue_posterior(cell)
        if not (self._learned and report):
            return mean, spread
        learned = predict(self._learned.weights, self._learned.intercept, features(cell, report))
        learned = min(max(learned, _LEAST), _MOST)
        # The model gives the mean; the weight of the labels, and so the relative spread, stays as it was.
        return learned, spread * math.sqrt(learned * (1 - learned) / (mean * (1 - mean)))

    def _cue_posterior(self, cell: Cell) -> tuple[float, float]:
        """Mean and spread of the posterior of the cell's cue."""
        level = self._findings.get((cell.cue, cell.finding)) or self._cues.get(cell.cue)
        if level is None:
            return cell.probability, cell.spread
        return level[0] * cell.share, level[1] * cell.share

    @property
    def unmentioned(self) -> float:
        """P(finding | the report does not mention it)."""
        return self.file.unmentioned.mean

    def calibrated(self, cells: Mapping[str, Cell]) -> list[Cell]:
        """The cells of one report with their posteriors as probability and spread."""
        answers = []
        for cell in cells.values():
            mean, spread = self(cell, cells.values())
            answers.append(cell._replace(probability=mean, spread=spread))
        return answers


def calibrate(adapter: Adapter, cells: Sequence[GoldCell], shared: Mapping[str, Beta] | None = None) -> Calibration:
    """The calibration that follows from a site's gold labels; without any label, the priors.

    Args:
        adapter: that read the reports.
        cells: the gold labels with what the adapter read.
        shared: priors by cue, from other sites, that stand in for the adapter's.
    """
    return Calibration(calibration_file(adapter, cells, fit_labels(adapter, cells, shared)))


def load_calibration(path: Path, adapter: Adapter) -> Calibration:
    """The calibration at ``path``, if it was made for this adapter.

    Terms, sections and examples may have changed since: they decide which cells there are, not what a cue means. A cue
    that was changed, added or removed means something that no gold label has tested.

    Raises:
        ConfigurationError: the file is not a calibration, or was made with other cues than the adapter has.
    """
    file = load_calibration_file(path)
    if file.digest != adapter.digest and (changed := _changed_cues(file, adapter)):
        made_with = f"{file.adapter}@{file.version}"
        known = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        message = (
            f"was made with {made_with}, whose cues differ from those of {adapter.label} ({known}): "
            "calibrate again (a site of a study: glsmed-client --site config.yaml calibrate)"
        )
        raise ConfigurationError([Fault(str(path), message)])
    return Calibration(file)


def _changed_cues(file: CalibrationFile, adapter: Adapter) -> list[str]:
    before = {cue: level.fingerprint for cue, level in file.cues.items() if level.fingerprint}
    now = {cue.id: fingerprint(cue) for cue in adapter.cues.values() if cue.prior is not None}
    return sorted(cue for cue in before.keys() | now.keys() if before.get(cue) != now.get(cue))


def calibration_file(
    adapter: Adapter, cells: Sequence[GoldCell], fit: Fit, learned: Learned | None = None
) -> CalibrationFile:
    """A fit, and what was learned on top of it, as the content of a calibration file; numbers have six decimals."""
    strengths, held_out = fit.strengths, fit.held_out
    return CalibrationFile(
        adapter=adapter.name,
        version=adapter.version,
        digest=adapter.digest,
        reports=len({gold.report_id for gold in cells}),
        labels=sum(gold.cell is not None for gold in cells),
        hedged=sum(gold.hedged for gold in cells),
        strengths=ChosenStrengths(family=strengths.family, cue=strengths.cue, finding=strengths.finding),
        held_out=None
        if held_out is None
        else HeldOutLosses(
            folds=held_out.folds,
            prior=_rounded(held_out.prior),
            default=_rounded(held_out.default),
            chosen=_rounded(held_out.chosen),
        ),
        unmentioned=_unmentioned(cells),
        families=_families(fit),
        cues={cue: _cue(fit, place, adapter) for place, cue in enumerate(fit.priors.cues)},
        cues_by_finding={cue: levels for place, cue in enumerate(fit.priors.cues) if (levels := _findings(fit, place))},
        learned=None if learned is None else _learned(learned),
    )


def _learned(learned: Learned) -> LearnedModel:
    return LearnedModel(
        used=learned.better,
        held_out=_rounded(learned.held_out),
        beta=_rounded(learned.beta),
        inverse_penalty=learned.inverse_penalty,
        intercept=learned.intercept,
        weights=dict(learned.weights),
    )


def _unmentioned(cells: Sequence[GoldCell]) -> Level:
    silent = [gold for gold in cells if gold.cell is None]
    value, weight = np.array([gold.value for gold in silent]), np.array([gold.weight for gold in silent])
    here = np.zeros(len(silent), dtype=np.intp)
    counts = counted((1, 1), (here, here), value, weight)
    trials, successes = float(counts.cue_trials[0]), float(counts.cue_successes[0])
    prior = UNMENTIONED_PRIOR
    strength = prior.strength + trials
    return _level(trials, successes, (prior.mean * prior.strength + successes) / strength, strength)


def _families(fit: Fit) -> dict[str, FamilyLevel]:
    trials = np.bincount(fit.priors.family, fit.counts.cue_trials, len(fit.priors.families))
    return {
        family: FamilyLevel(trials=float(trials[place]), shift=_rounded(float(fit.posterior.shift[place])))
        for place, family in enumerate(fit.priors.families)
    }


def _cue(fit: Fit, place: int, adapter: Adapter) -> CueLevel:
    priors, cue = fit.priors, adapter.cues.get(fit.priors.cues[place])
    level = _level(
        fit.counts.cue_trials[place],
        fit.counts.cue_successes[place],
        fit.posterior.cue_mean[place],
        fit.posterior.cue_strength[place],
    )
    return CueLevel(
        **level.model_dump(),
        family=priors.families[priors.family[place]],
        prior=_rounded(float(priors.mean[place])),
        strength=_rounded(float(priors.strength[place])),
        fingerprint="" if cue is None else fingerprint(cue),
    )


def _findings(fit: Fit, place: int) -> dict[str, Level]:
    return {
        finding: _level(
            fit.counts.trials[place, column],
            fit.counts.successes[place, column],
            fit.posterior.mean[place, column],
            fit.posterior.strength[place, column],
        )
        for column, finding in enumerate(fit.findings)
        if fit.counts.trials[place, column]
    }


def _level(trials: float, successes: float, mean: float, strength: float) -> Level:
    return Level(
        trials=_rounded(trials),
        successes=_rounded(successes),
        mean=min(max(_rounded(mean), _LEAST), _MOST),
        spread=_rounded(Beta(float(mean), float(strength)).spread),
    )


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS)
