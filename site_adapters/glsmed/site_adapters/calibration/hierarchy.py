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


def posterior(priors: Priors, trials: Floats, successes: Floats, strengths: Strengths) -> Posterior:
    """The posterior of every cue and finding.

    Args:
        priors: of the C cues.
        trials: ``(C, F)`` labels of each cue on each finding.
        successes: ``(C, F)`` those of value 1 among them.
        strengths: of the levels.
    """
    cues = cue_posterior(priors, trials, successes, strengths)
    # A cue's mean is never more certain for one finding than for all, nor than findings resemble each other.
    shared = 1 / (1 / cues.strength + 1 / strengths.finding)
    mean = finding_means(cues, trials, successes, strengths.finding)
    return Posterior(cues.shift, cues.mean, shared, mean, shared[:, None] + trials)


def cue_posterior(priors: Priors, trials: Floats, successes: Floats, strengths: Strengths) -> CuePosterior:
    """The posterior of every cue; the strength of the findings has no part in it. Arguments as of :func:`posterior`."""
    cue_trials, cue_successes = trials.sum(1), successes.sum(1)
    weight = priors.strength * strengths.cue
    shift = family_shifts(
        priors.mean,
        weight,
        priors.family,
        (cue_trials, cue_successes),
        groups=len(priors.families),
        precision=strengths.family,
    )
    strength = weight + cue_trials
    mean = (weight * shifted(priors.mean, shift[priors.family]) + cue_successes) / strength
    return CuePosterior(shift, mean, strength)


def finding_means(cues: CuePosterior, trials: Floats, successes: Floats, strength: float) -> Floats:
    """``(C, F)`` the mean of each cue on each finding, where ``strength`` is what the cue's own is worth in labels."""
    means: Floats = (strength * cues.mean[:, None] + successes) / (strength + trials)
    return means


def places(names: Sequence[str]) -> dict[str, int]:
    """The place of each name in the sequence."""
    return {name: place for place, name in enumerate(names)}


def table(shape: tuple[int, int], rows: Integers, columns: Integers, weights: Any) -> Floats:
    """``(C, F)`` the sum of ``weights`` for each pair of row and column."""
    flat = np.bincount(rows * shape[1] + columns, weights, shape[0] * shape[1])
    return flat.astype(np.float64).reshape(shape)
