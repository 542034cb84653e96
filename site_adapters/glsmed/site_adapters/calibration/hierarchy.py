"""From counts to posteriors: language prior → family of cues → cue → cue and finding, each shrunk towards the last.

A family may shift all its cues at this site (on the scale of log-odds, with a normal prior on the shift); the labels of
a cue update a Beta distribution around its shifted prior; those of one cue on one finding update another around the
cue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glsmed.shared.cue_calibration.family_shifts import Floats, Integers, family_shifts, shifted


@dataclass(frozen=True, slots=True)
class Strengths:
    """How much each level trusts the level above.

    Attributes:
        family: precision of a family's shift (1 / variance, in log-odds).
        cue: factor on the strength of each cue's prior.
        finding: what a cue's mean is worth for one finding, in labels.
    """

    family: float
    cue: float
    finding: float


@dataclass(frozen=True, slots=True)
class Priors:
    """The Beta priors of C cues of G families, by the vocabulary of the language.

    Attributes:
        mean: ``(C,)`` in (0, 1).
        strength: ``(C,)`` the weight of each, in labels.
        family: ``(C,)`` the place of each cue's family in ``families``.
    """

    cues: tuple[str, ...]
    families: tuple[str, ...]
    mean: Floats
    strength: Floats
    family: Integers


@dataclass(frozen=True, slots=True)
class CuePosterior:
    """The posteriors of C cues by a site's labels, whatever the finding.

    Attributes:
        shift: ``(G,)`` of each family, in log-odds.
        mean: ``(C,)``.
        strength: ``(C,)``.
    """

    shift: Floats
    mean: Floats
    strength: Floats


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posteriors of C cues and F findings by a site's labels.

    Attributes:
        shift: ``(G,)`` of each family, in log-odds.
        cue_mean: ``(C,)``; with ``cue_strength`` ``(C,)`` it holds for a finding without labels of its own.
        mean: ``(C, F)``; with ``strength`` ``(C, F)`` a Beta distribution each.
    """

    shift: Floats
    cue_mean: Floats
    cue_strength: Floats
    mean: Floats
    strength: Floats


@dataclass(frozen=True, slots=True)
class Counts:
    """Labels of C cues and F findings, at both levels of the hierarchy.

    Attributes:
        trials: ``(C, F)`` labels of each cue on each finding; ``successes`` are those of value 1.
        cue_trials: ``(C,)`` those of each cue on all findings; ``cue_successes`` likewise. They are the sums of the
            rows where all labels weigh the same.
    """

    trials: Floats
    successes: Floats
    cue_trials: Floats
    cue_successes: Floats


def counted(shape: tuple[int, int], places: tuple[Integers, Integers], success: Floats, weight: Floats) -> Counts:
    """The counts of n labels, each worth as much as its weight allows.

    Labels that weigh the same count 1 each. Otherwise n labels count as Kish's effective number of them,
    (sum w)^2 / sum w^2, with their weighted mean (Kish, Survey Sampling, 1965).

    Args:
        shape: C and F.
        places: cue and finding of each label, ``(n,)`` each.
        success: ``(n,)`` in [0, 1].
        weight: ``(n,)`` of at least 0.
    """
    rows, columns = places
    trials, successes = _effective(shape, rows, columns, success, weight)
    cue_trials, cue_successes = _effective((shape[0], 1), rows, np.zeros_like(rows), success, weight)
    return Counts(trials, successes, cue_trials[:, 0], cue_successes[:, 0])


def _effective(
    shape: tuple[int, int], rows: Integers, columns: Integers, success: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    total, true = table(shape, rows, columns, weight), table(shape, rows, columns, weight * success)
    squares = table(shape, rows, columns, weight**2)
    factor = np.divide(total, squares, out=np.zeros(shape), where=squares > 0)
    return total * factor, true * factor


def posterior(priors: Priors, counts: Counts, strengths: Strengths) -> Posterior:
    """The posterior of every cue and finding.

    Args:
        priors: of the C cues.
        counts: of the labels.
        strengths: of the levels.
    """
    cues = cue_posterior(priors, counts, strengths)
    # A cue's mean is never more certain for one finding than for all, nor than findings resemble each other.
    shared = 1 / (1 / cues.strength + 1 / strengths.finding)
    mean = finding_means(cues, counts, strengths.finding)
    return Posterior(cues.shift, cues.mean, shared, mean, shared[:, None] + counts.trials)


def cue_posterior(priors: Priors, counts: Counts, strengths: Strengths) -> CuePosterior:
    """The posterior of every cue; the strength of the findings has no part in it. Arguments as of :func:`posterior`."""
    weight = priors.strength * strengths.cue
    shift = family_shifts(
        priors.mean,
        weight,
        priors.family,
        (counts.cue_trials, counts.cue_successes),
        groups=len(priors.families),
        precision=strengths.family,
    )
    strength = weight + counts.cue_trials
    mean = (weight * shifted(priors.mean, shift[priors.family]) + counts.cue_successes) / strength
    return CuePosterior(shift, mean, strength)


def finding_means(cues: CuePosterior, counts: Counts, strength: float) -> Floats:
    """``(C, F)`` the mean of each cue on each finding, where ``strength`` is what the cue's own is worth in labels."""
    means: Floats = (strength * cues.mean[:, None] + counts.successes) / (strength + counts.trials)
    return means


def places(names: Sequence[str]) -> dict[str, int]:
    """The place of each name in the sequence."""
    return {name: place for place, name in enumerate(names)}


def table(shape: tuple[int, int], rows: Integers, columns: Integers, weights: Any) -> Floats:
    """``(C, F)`` the sum of ``weights`` for each pair of row and column."""
    flat = np.bincount(rows * shape[1] + columns, weights, shape[0] * shape[1])
    return flat.astype(np.float64).reshape(shape)
