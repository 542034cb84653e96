"""Turns a site's gold labels into posteriors; held-out log-loss chooses the strengths of the hierarchy."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.cue_calibration.family_shifts import Floats, Integers
from glsmed.site_adapters.adapter.adapter import Adapter, Beta
from glsmed.site_adapters.calibration.gold_cells import GoldCell, mentioned
from glsmed.site_adapters.calibration.hierarchy import (
    Counts,
    Posterior,
    Priors,
    Strengths,
    counted,
    cue_posterior,
    finding_means,
    places,
    posterior,
)
from glsmed.site_adapters.calibration.scores import log_losses
from glsmed.site_adapters.reading.cells import Cell

FOLDS = 10
DEFAULT_STRENGTHS = Strengths(family=1.0, cue=1.0, finding=32.0)
UNMENTIONED_PRIOR = Beta(0.01, 20)
_FAMILIES = (0.25, 1.0, 4.0, 1e6)
_CUES = (0.25, 0.5, 1.0, 2.0, 4.0, 16.0)
_FINDINGS = (8.0, 32.0, 128.0, 1e6)
_STANDARD_ERRORS = 1.0


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Mean log-loss of a gold label that the fit had not seen, over all mentioned cells.

    Attributes:
        prior: of the language's priors; ``default`` with the usual strengths, ``chosen`` with those that were chosen.
    """

    folds: int
    prior: float
    default: float
    chosen: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What was learned from a site's labels.

    Attributes:
        counts: labels by cue and finding; those of value 1 may be fractions: their expected number where alternatives
            share a cue, and effective numbers where labels weigh differently.
        predicted: ``(N,)`` the held-out probability of each mentioned cell; empty without enough reports to hold out.
        held_out: None without enough reports to hold out.
    """

    priors: Priors
    findings: tuple[str, ...]
    counts: Counts
    strengths: Strengths
    posterior: Posterior
    held_out: HeldOut | None
    predicted: Floats


@dataclass(frozen=True, slots=True)
class _Labels:
    """N mentioned cells as arrays ``(N,)``: places of cue and finding, share, value, expected success, fold, weight.

    The weights have a mean of 1.
    """

    cue: Integers
    finding: Integers
    share: Floats
    value: Floats
    success: Floats
    fold: Integers
    weight: Floats


def family_of(cell: Cell) -> str:
    """The group that a cell's cue is calibrated with; a doubt over a denial ("probably no") has a group of its own."""
    return f"{cell.family}_denied" if "+" in cell.cue else cell.family


def fold_of(report_id: str, folds: int = FOLDS) -> int:
    """The fold of a report: the same in every run and on every machine."""
    return int.from_bytes(hashlib.sha256(report_id.encode()).digest()[:8]) % folds


def fit_labels(adapter: Adapter, cells: Sequence[GoldCell], shared: Mapping[str, Beta] | None = None) -> Fit:
    """The posteriors of all the adapter's cues, and of each combination of cues that was labelled.

    Args:
        adapter: whose priors stand above the site's labels.
        cells: the gold labels; none is allowed, and leaves the priors.
        shared: priors by cue that stand in for the adapter's.
    """
    seen = mentioned(cells)
    priors = cue_priors(adapter, [cell for _, cell in seen], shared or {})
    findings = tuple(sorted({gold.finding for gold, _ in seen}))
    labels = _labels(seen, priors, findings)
    strengths, held_out, predicted = _choose(priors, findings, labels)
    counts = _counts(priors, findings, labels, np.ones(len(seen), bool))
    learned = posterior(priors, counts, strengths)
    return Fit(priors, findings, counts, strengths, learned, held_out, predicted)


def cue_priors(adapter: Adapter, cells: Sequence[Cell], shared: Mapping[str, Beta]) -> Priors:
    """The priors of the adapter's cues, and of each combination of cues in these cells."""
    rows = {cue.id: (cue.prior, cue.family) for cue in adapter.cues.values() if cue.prior is not None}
    for cell in cells:
        rows.setdefault(cell.cue, (Beta(cell.probability / cell.share, cell.strength), family_of(cell)))
    families = tuple(sorted({family for _, family in rows.values()}))
    place = places(families)
    betas = [shared.get(cue, prior) for cue, (prior, _) in rows.items()]
    return Priors(
        cues=tuple(rows),
        families=families,
        mean=np.array([beta.mean for beta in betas]),
        strength=np.array([beta.strength for beta in betas]),
        family=np.array([place[family] for _, family in rows.values()], dtype=np.intp),
    )


def _labels(seen: Sequence[tuple[GoldCell, Cell]], priors: Priors, findings: Sequence[str]) -> _Labels:
    cue_place, finding_place = places(priors.cues), places(findings)
    cue = np.array([cue_place[cell.cue] for _, cell in seen], dtype=np.intp)
    share = np.array([cell.share for _, cell in seen])
    value = np.array([gold.value for gold, _ in seen], dtype=np.float64)
    weight = np.array([gold.weight for gold, _ in seen], dtype=np.float64)
    return _Labels(
        cue=cue,
        finding=np.array([finding_place[gold.finding] for gold, _ in seen], dtype=np.intp),
        share=share,
        value=value,
        success=_expected_success(value, share, priors.mean[cue]),
        fold=np.array([fold_of(gold.report_id) for gold, _ in seen], dtype=np.intp),
        weight=weight / weight.mean() if weight.any() else weight,
    )


def _expected_success(value: Floats, share: Floats, prior: Floats) -> Floats:
    """Whether what the cue says was true: known, except for one of several alternatives that turned out absent.

    It may then have been true of another alternative: P = p(1 - share) / (1 - p share) by Bayes' rule.
    """
    success: Floats = value + (1 - value) * prior * (1 - share) / (1 - prior * share)
    return success


def _counts(priors: Priors, findings: Sequence[str], labels: _Labels, used: NDArray[np.bool_]) -> Counts:
    shape = (len(priors.cues), len(findings))
    where = (labels.cue[used], labels.finding[used])
    return counted(shape, where, labels.success[used], labels.weight[used])


def _choose(priors: Priors, findings: Sequence[str], labels: _Labels) -> tuple[Strengths, HeldOut | None, Floats]:
    """The strengths of least held-out log-loss; the default ones unless others are better beyond chance."""
    folds = np.unique(labels.fold)
    if len(folds) < 2:
        return DEFAULT_STRENGTHS, None, np.empty(0)
    parts = [_Part(labels.fold == fold, _counts(priors, findings, labels, labels.fold != fold)) for fold in folds]
    _, default = next(_held_out(priors, labels, parts, [[strength] for strength in astuple(DEFAULT_STRENGTHS)]))
    losses = log_losses(default, labels.value) * labels.weight
    chosen, best, predicted = DEFAULT_STRENGTHS, losses, default
    for strengths, candidate in _held_out(priors, labels, parts, (_FAMILIES, _CUES, _FINDINGS)):
        candidate_losses = log_losses(candidate, labels.value) * labels.weight
        if candidate_losses.sum() < best.sum() and surely_less(candidate_losses, losses):
            chosen, best, predicted = strengths, candidate_losses, candidate
    prior = log_losses(priors.mean[labels.cue] * labels.share, labels.value) * labels.weight
    report = HeldOut(len(folds), float(prior.mean()), float(losses.mean()), float(best.mean()))
    return chosen, report, predicted


@dataclass(frozen=True, slots=True)
class _Part:
    """One fold ``(N,)``, and the counts of all others."""

    fold: NDArray[np.bool_]
    others: Counts


def _held_out(
    priors: Priors, labels: _Labels, parts: Sequence[_Part], grid: Sequence[Sequence[float]]
) -> Iterator[tuple[Strengths, Floats]]:
    """Each combination of strengths with ``(N,)`` the probability of each cell by the posterior of the other folds."""
    families, cues, findings = grid
    for family, cue in itertools.product(families, cues):
        upper = Strengths(family, cue, DEFAULT_STRENGTHS.finding)
        posteriors = [cue_posterior(priors, part.others, upper) for part in parts]
        for finding in findings:
            predicted = np.empty(len(labels.value))
            for part, cue_level in zip(parts, posteriors, strict=True):
                mean, out = finding_means(cue_level, part.others, finding), part.fold
                predicted[out] = mean[labels.cue[out], labels.finding[out]] * labels.share[out]
            yield Strengths(family, cue, finding), predicted


def surely_less(losses: Floats, others: Floats) -> bool:
    """Whether the mean loss of the same cells is lower by more than a standard error of the difference."""
    difference = others - losses
    return bool(difference.mean() > _STANDARD_ERRORS * difference.std() / np.sqrt(len(difference)))
