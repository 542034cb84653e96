"""The simulated reader: sight becomes belief, and the hospital's habit turns belief into a way of saying it."""

from dataclasses import dataclass

import numpy as np

from glsmed.benchmarks.reading_room.cases import FINDINGS, Case

PHRASINGS = ("negated", "unlikely", "cannot_exclude", "possible", "likely", "affirmed")
UNMENTIONED = "unmentioned"

_SIGNAL_OF_PLAIN = 3.4  # a plain finding lies this many reader deviations above nothing
_SIGNAL_THRESHOLD = 1.3
_CONVICTION = 2.6


@dataclass(frozen=True, slots=True)
class Habit:
    """How a hospital words its beliefs.

    Attributes:
        bounds: five rising beliefs that part the six phrasings from ``negated`` to ``affirmed``.
        unmentioned_share: how often a finding that would be denied is not mentioned at all.
    """

    bounds: tuple[float, float, float, float, float]
    unmentioned_share: float


TEXTBOOK = Habit((0.06, 0.18, 0.40, 0.70, 0.92), 0.25)
OVER_HEDGER = Habit((0.02, 0.10, 0.45, 0.85, 0.985), 0.20)
OVER_CONFIDENT = Habit((0.25, 0.36, 0.44, 0.52, 0.64), 0.35)


def believe(case: Case, rng: np.random.Generator) -> dict[str, float]:
    """The reader's belief in each finding, in (0, 1): strong for what is plain, wavering for what is subtle."""
    beliefs = {}
    for finding in FINDINGS:
        signal = _SIGNAL_OF_PLAIN * case.visibility[finding] + rng.normal(0, 0.8)
        beliefs[finding] = float(1 / (1 + np.exp(-_CONVICTION * (signal - _SIGNAL_THRESHOLD))))
    return beliefs


def phrase(belief: float, habit: Habit, rng: np.random.Generator) -> str:
    """How the hospital says this belief: one of :data:`PHRASINGS`, or unmentioned."""
    chosen = PHRASINGS[int(np.searchsorted(habit.bounds, belief, side="right"))]
    if chosen == "negated" and rng.random() < habit.unmentioned_share:
        return UNMENTIONED
    return chosen
