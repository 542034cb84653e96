"""Draws of what few labels leave open; row 0 of each array is the estimate."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 2000
HALF = 0.5  # of a case with the event, and of one without it: the prior of Jeffreys


def with_draws(estimate: Floats, draws: Floats) -> Floats:
    """``(1 + R, …)`` the estimate and its draws."""
    return np.concatenate([estimate[None], draws])


def share_draws(events: Floats, cases: Floats, rng: np.random.Generator) -> Floats:
    """``(1 + R, K)`` shares of independent cases, and draws of them (Jeffreys' interval; Brown and others 2001).

    Args:
        events: ``(K,)`` cases with the event; they need not be whole.
        cases: ``(K,)`` all of them, above 0.
        rng: of the draws.
    """
    draws = rng.beta(events + HALF, cases - events + HALF, size=(DRAWS, len(cases)))
    return with_draws(events / cases, draws)


def clustered_share_draws(events: Floats, cases: Floats, rng: np.random.Generator) -> Floats:
    """The same of cases that come in groups, as the examinations of a patient do.

    The groups' own variance (a ratio of sums; Cochran, Sampling Techniques, section 2.11) says how many independent
    cases theirs are worth, at most as many as there are.

    Args:
        events: ``(G, K)`` of each group.
        cases: ``(G,)`` of each group.
        rng: of the draws.
    """
    total = cases.sum()
    share = events.sum(0) / total
    variance = ((events - share * cases[:, None]) ** 2).sum(0) / total**2
    worth = np.minimum(share * (1 - share) / np.maximum(variance, 1e-300), total)
    worth = np.where(variance > 0, worth, len(cases))
    return with_draws(share, share_draws(share * worth, worth, rng)[1:])
