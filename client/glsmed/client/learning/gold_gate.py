"""The gold gate: negative rates are used only where the site's own gold labels say that they help."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

LEAST_GOLD = 50
MIXINGS = (0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class GateDecision:
    """How far a finding's targets move towards the unbiased ones at a site.

    Attributes:
        mixing: in [0, 1]; 0 keeps r >= 0.
        gain: log-loss that it saves per cell on held-out gold; ``standard_error`` is that of the gain.
        reason: in words, for the site's log.
    """

    mixing: float
    gain: float
    standard_error: float
    reason: str


def decide_mixing(losses: Mapping[float, Tensor], *, least_gold: int = LEAST_GOLD) -> GateDecision:
    """The mixing with the lowest held-out log-loss, or 0 if it gains less than one standard error over 0.

    Args:
        losses: by mixing, among them 0: ``(n,)`` log-losses of the same held-out gold cells, each under a model trained
            with that mixing.
        least_gold: with fewer cells the mixing is 0.

    Raises:
        ValueError: mixing 0 is missing, or the numbers of cells differ.
    """
    if 0.0 not in losses or len({len(values) for values in losses.values()}) != 1:
        raise ValueError(f"expected losses of mixing 0 and others on the same cells, got mixings {sorted(losses)}")
    plain = losses[0.0].double()
    if len(plain) < max(2, least_gold):
        return GateDecision(0.0, 0.0, math.nan, f"{len(plain)} held-out gold cells, at least {least_gold} are needed")
    best = min(losses, key=lambda mixing: (float(losses[mixing].double().mean()), mixing))
    difference = plain - losses[best].double()
    gain, error = float(difference.mean()), float(difference.std()) / math.sqrt(len(plain))
    if best > 0 and gain > error:
        return GateDecision(best, gain, error, f"mixing {best:g} saves {gain:.4f} ± {error:.4f} of log-loss")
    return GateDecision(
        0.0, gain, error, f"best is mixing {best:g} with a gain of {gain:.4f} ± {error:.4f}: too little"
    )
