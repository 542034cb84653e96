"""What one more label of each stratum is expected to gain for a reader's effort.

Two things are learned from labels: what cues mean, and what the network's numbers mean. For both, the loss that too few
labels leave is known to second order, so the gain of one more label follows without looking at any answer, in nats of
log-loss over all cells of the site. The effort is an answer, and the examination that has to be opened for it unless
others of its cells are asked anyway.
"""

from dataclasses import dataclass

import numpy as np

from glsmed.client.labelling.choosing.pool import Floats, Integers, Pool
from glsmed.client.learning.output_calibration import LEAST_GOLD, LEAST_PER_CLASS
from glsmed.site_adapters.calibration.calibration_fit import DEFAULT_STRENGTHS
from glsmed.site_adapters.calibration.hierarchy import Priors

_RIDGE = 1.0  # added to the information of a finding's curve, so that a finding whose cells say one thing has one
_LARGEST_LOGIT = 4.0
_MEANS = (0.02, 0.98)  # of cues, within which a label's information is taken
OPENING = 1.0  # the effort to open an examination and look at it, in answers


@dataclass(frozen=True, slots=True)
class Standing:
    """How far labelling has come.

    Attributes:
        labels: ``(H,)`` answered cells of each stratum.
        present: ``(K,)`` answers "present" of each finding; ``absent`` likewise.
    """

    labels: Integers
    present: Integers
    absent: Integers


def label_gains(pool: Pool, standing: Standing) -> Floats:
    """``(H,)`` the expected gain of one more label of each stratum, by effort; 0 where no cell is left to ask about."""
    gains = cue_gains(pool, standing.labels) + curve_gains(pool, standing)
    effort = 1 + OPENING * opening_shares(pool, standing.labels)
    return np.where(standing.labels < pool.sizes, gains / effort, 0.0)


def opening_shares(pool: Pool, labels: Integers) -> Floats:
    """``(H,)`` how likely the next label of each stratum is to open another examination.

    An examination with number u is open if u < n_h / N_h for the stratum of any of its cells. So the next cell of a
    stratum opens one, unless that examination has a cell in a stratum that is asked further along the order. Words and
    counts say how many have, without a look at which examinations come next.
    """
    asked = np.where(pool.known, 0.0, labels / pool.sizes)[pool.stratum]
    opens = asked >= asked.max(1, keepdims=True)
    return np.bincount(pool.stratum.ravel(), opens.ravel(), len(pool.names)) / pool.sizes


def cue_gains(pool: Pool, labels: Integers) -> Floats:
    """``(H,)`` the gain in log-loss of cue calibration.

    The log-odds that a cue means of a finding are a sum of three unknowns: of its family, of the cue, of both cue and
    finding. They have normal priors as precise as in ``calibrate``, and a label of probability q tells q (1 - q) of
    their sum. A doubted cell costs q (1 - q) / 2 times the variance that is left. One more label of variance V takes
    cov^2 / (1 / (q (1 - q)) + V) from the variance of each pair of cue and finding (Bayesian linear design: Chaloner
    and Verdinelli, Statistical Science, 1995).
    """
    own = pool.finding[:, None] == np.arange(len(pool.findings))
    share = (pool.cue_share[:, :, None] * own[:, None, :]).reshape(len(labels), -1)
    used = np.flatnonzero(share.any(0))
    share, cue = share[:, used], used // len(pool.findings)
    mean = np.clip(pool.priors.mean[cue], *_MEANS)
    spread = mean * (1 - mean)
    told = share @ spread
    prior = _prior_covariance(pool.priors, cue, spread)
    so_far = (share * (labels * told)[:, None]).T @ share
    covariance = np.linalg.solve(np.eye(len(used)) + prior @ so_far, prior)
    shared = share @ covariance
    fall = shared**2 @ (pool.cue_cells.ravel()[used] * spread / 2)
    return np.asarray(told * fall / (1 + told * (shared * share).sum(1)))


def _prior_covariance(priors: Priors, cue: Integers, spread: Floats) -> Floats:
    """``(P, P)`` of the log-odds of pairs of cue and finding, before any label."""
    family = priors.family[cue]
    of_family = (family[:, None] == family) / DEFAULT_STRENGTHS.family
    of_cue = (cue[:, None] == cue) / (DEFAULT_STRENGTHS.cue * priors.strength[cue] * spread)
    return np.asarray(of_family + of_cue + np.diag(1 / (DEFAULT_STRENGTHS.finding * spread)))


def curve_gains(pool: Pool, standing: Standing) -> Floats:
    """``(H,)`` the gain in log-loss of output calibration.

    With n_h of N_h cells labelled and weighted by N_h / n_h, the curve of a finding costs
    1/2 sum_h N_h^2 v_h x_h' I^-1 x_h / n_h with v = q (1 - q), x = (logit q, 1), I = sum_h N_h v_h x_h x_h'. What the
    words say, q, stands in for the network. Fewer than 20 labels make no curve, so n_h + 20 stands for n_h. A finding
    that lacks one class has no curve: each label that may bring the class is worth a share of all that a curve saves.
    """
    spread = pool.said * (1 - pool.said)
    logit = np.clip(np.log(pool.said) - np.log1p(-pool.said), -_LARGEST_LOGIT, _LARGEST_LOGIT)
    place = np.stack([logit, np.ones_like(logit)], axis=1)
    cost = np.zeros(len(pool.names))
    for number in range(len(pool.findings)):
        own = pool.finding == number
        design = place[own]
        information = _RIDGE * np.eye(2) + (design * (pool.sizes * spread)[own, None]).T @ design
        leverage = np.einsum("hi,ij,hj->h", design, np.linalg.inv(information), design)
        cost[own] = pool.sizes[own] ** 2 * spread[own] * leverage / 2
    count = standing.labels + LEAST_GOLD
    return cost * (1 / count - 1 / (count + 1)) + _gains_of_missing_class(pool, standing, cost)


def _gains_of_missing_class(pool: Pool, standing: Standing, cost: Floats) -> Floats:
    saved = np.bincount(pool.finding, cost, len(pool.findings)) / LEAST_GOLD
    no_present = (standing.present < LEAST_PER_CLASS)[pool.finding]
    no_absent = (standing.absent < LEAST_PER_CLASS)[pool.finding]
    chance = pool.said * no_present + (1 - pool.said) * no_absent
    return saved[pool.finding] * chance / LEAST_GOLD
