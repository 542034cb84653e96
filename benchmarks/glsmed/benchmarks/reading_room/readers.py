"""The simulated reader: sight becomes belief, and the hospital's hedging style turns belief into a way of saying it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PHRASINGS = ("negated", "unlikely", "cannot_exclude", "possible", "likely", "affirmed")
UNMENTIONED = "unmentioned"

Floats = NDArray[np.floating]

_SIGNAL_OF_PLAIN = 3.4  # a plain finding lies this many reader deviations above nothing
_SIGNAL_THRESHOLD = 1.3
_NOISE = 0.8
_CONVICTION = 2.6


@dataclass(frozen=True, slots=True)
class HedgingStyle:
    """How a hospital words its beliefs.

    Attributes:
        bounds: five rising beliefs that part the six phrasings from ``negated`` to ``affirmed``.
        unmentioned_share: how often a finding that would be denied is not mentioned at all.
    """

    bounds: tuple[float, float, float, float, float]
    unmentioned_share: float


TEXTBOOK = HedgingStyle((0.06, 0.18, 0.40, 0.70, 0.92), 0.25)
OVER_HEDGER = HedgingStyle((0.02, 0.10, 0.45, 0.85, 0.985), 0.20)
OVER_CONFIDENT = HedgingStyle((0.25, 0.36, 0.44, 0.52, 0.64), 0.35)


def believe(evidence: Floats, rng: np.random.Generator, *, bar: float = 0.0) -> Floats:
    """The reader's beliefs in (0, 1): strong in what is plain, wavering in what is subtle.

    Args:
        evidence: how plain each finding is to see, in [0, 1]; any shape.
        rng: of the reader's noise.
        bar: how much stronger a sign must be than usual before it is called, in reader deviations.
    """
    signal = _SIGNAL_OF_PLAIN * evidence + rng.normal(0, _NOISE, np.shape(evidence))
    return np.asarray(1 / (1 + np.exp(-_CONVICTION * (signal - _SIGNAL_THRESHOLD - bar))))


def phrase(belief: float, style: HedgingStyle, rng: np.random.Generator) -> str:
    """How the hospital says this belief: one of :data:`PHRASINGS`, or unmentioned."""
    chosen = PHRASINGS[int(np.searchsorted(style.bounds, belief, side="right"))]
    if chosen == "negated" and rng.random() < style.unmentioned_share:
        return UNMENTIONED
    return chosen
