"""What one more label of each stratum is expected to gain, in nats of log-loss over all cells of the site.

Two things are learned from labels: what cues mean, and what the network's numbers mean. For both, the loss that too few
labels leave is known to second order, so the gain of one more label follows without looking at any answer.
"""

from dataclasses import dataclass

import numpy as np

from glsmed.client.labelling.choosing.pool import Floats, Integers, Pool
from glsmed.client.learning.output_calibration import LEAST_GOLD, LEAST_PER_CLASS
from glsmed.site_adapters.calibration.calibration_fit import DEFAULT_STRENGTHS

_RIDGE = 1.0  # added to the information of a finding's curve, so that a finding whose cells say one thing has one
_LARGEST_LOGIT = 4.0


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
    """``(H,)`` the expected gain of one more label of each stratum; 0 where no cell is left to ask about."""
    gains = cue_gains(pool, standing.labels) + curve_gains(pool, standing)
    return np.where(standing.labels < pool.sizes, gains, 0.0)


def cue_gains(pool: Pool, labels: Integers) -> Floats:
    """``(H,)`` the gain in log-loss of cue calibration.

    A Beta posterior worth s labels costs each doubted cell that it decides 1 / (2 (s + 1)). One label adds 1 to s of
    its own cue and finding, and (shared / cue)^2 to that of the cue's other findings, which share the cue's strength.
    """
    trials = np.stack(
        [(pool.finding == place) * labels @ pool.cue_share for place in range(len(pool.findings))], axis=1
    )
    cue = pool.priors.strength + trials.sum(1)
    shared = 1 / (1 / cue + 1 / DEFAULT_STRENGTHS.finding)
    strength = shared[:, None] + trials
    own = pool.cue_cells * (1 / (strength + 1) - 1 / (strength + 2)) / 2
    others = (pool.cue_cells * ((shared / cue) ** 2)[:, None] / (strength + 1) ** 2).sum(1) / 2
    by_cell = own + others[:, None]
    return np.asarray((pool.cue_share * by_cell[:, pool.finding].T).sum(1))


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
