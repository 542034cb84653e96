"""Changes as whole numbers modulo 2^32, so that masks can hide them and sums stay exact.

A site's change, cut to an L2 norm, is multiplied by the site's weight over a power of two that no weight exceeds, and
rounded. The sum of the sites over the sum of their weights is then the weighted mean. The scale leaves room for the sum
of all sites, so nothing wraps around that an honest site sends.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.errors import WireError

Floats = NDArray[np.float32]
Ring = NDArray[np.uint32]

MODULUS = 2**32
MOST_WEIGHT_BITS = 31
_HALF = MODULUS // 2
_LEAST_SCALE_BITS = 8
_BLOCK = 2**17  # values at a time, so that what is computed in between stays in the processor's cache


def weight_bits(weight: int) -> int:
    """The least b for which the weight is at most 2^b."""
    return max(0, (weight - 1).bit_length())


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """How one round's changes become whole numbers; every site and the centre derive the same.

    Attributes:
        sites: whose changes are summed, at most.
        weight_bits: no weight exceeds 2 to this power.
        norm: L2 norm that no change exceeds; so no value of one does either.
        scale_bits: a value of 1 in the change of a site of the largest weight becomes 2 to this power.
    """

    sites: int
    weight_bits: int
    norm: float

    def __post_init__(self) -> None:
        """Raise if sums could wrap around, or too little would be left of a change.

        Raises:
            WireError: there are too many sites, or the weights or the norm are too large.
        """
        if not 0 <= self.weight_bits <= MOST_WEIGHT_BITS or self.sites * 2**self.weight_bits >= MODULUS:
            raise WireError(f"{self.sites} sites with weights of {self.weight_bits} bits do not fit into 32 bits")
        if self.scale_bits < _LEAST_SCALE_BITS:
            raise WireError(
                f"{self.sites} sites with changes of L2 norm {self.norm:g} leave {self.scale_bits} bits after the "
                f"point, expected at least {_LEAST_SCALE_BITS}: lower federation.max_update_norm"
            )

    @property
    def scale_bits(self) -> int:
        """See the class: the largest for which sites x (norm x 2^scale_bits + 1) is less than 2^31."""
        return math.floor(math.log2((_HALF - 1 - self.sites) / (self.sites * self.norm)))

    def clipped(self, change: Floats) -> tuple[Floats, float]:
        """The change, made shorter where its L2 norm is above the bound; and the norm that it had.

        Raises:
            WireError: a value is not finite.
        """
        norm = math.sqrt(sum(float(np.vdot(part, part)) for part in _wide_blocks(change)))
        if not math.isfinite(norm):
            raise WireError("the change holds values that are not finite")
        if norm <= self.norm:
            return change, norm
        return change * np.float32(self.norm / norm * (1 - np.finfo(np.float32).eps)), norm

    def encode(self, change: Floats, weight: int) -> Ring:
        """``(N,)`` weight times change as whole numbers.

        Args:
            change: ``(N,)`` float32, as :meth:`clipped` returned it.
            weight: from 1 to 2^weight_bits.

        Raises:
            WireError: the weight or a value is out of range.
        """
        if not 1 <= weight <= 2**self.weight_bits:
            raise WireError(f"weight: expected 1 to {2**self.weight_bits}, got {weight}")
        factor = weight * 2.0 ** (self.scale_bits - self.weight_bits)
        most = self.norm * 2.0**self.scale_bits + 1
        encoded = np.empty(change.size, np.uint32)
        for start in range(0, change.size, _BLOCK):
            part = np.rint(change[start : start + _BLOCK].astype(np.float64) * factor)
            if not np.abs(part).max() <= most:
                raise WireError(f"the change holds a value beyond its bound {self.norm:g}")
            encoded[start : start + _BLOCK] = part.astype(np.int64).astype(np.uint32)
        return encoded

    def mean(self, total: Ring, weight: int) -> Floats:
        """``(N,)`` the weighted mean change.

        Args:
            total: ``(N,)`` the sum of what the sites encoded.
            weight: the sum of their weights.

        Raises:
            WireError: the weight is no sum of so many, or the mean is longer than any change may be: then the masks
                were not all taken away, or a site broke its bound.
        """
        if not 1 <= weight <= self.sites * 2**self.weight_bits:
            raise WireError(f"sum of weights: expected 1 to {self.sites * 2**self.weight_bits}, got {weight}")
        divisor = weight * 2.0 ** (self.scale_bits - self.weight_bits)
        mean = (total.view(np.int32) / np.float64(divisor)).astype(np.float32)
        norm = math.sqrt(sum(float(np.vdot(part, part)) for part in _wide_blocks(mean)))
        slack = math.sqrt(mean.size) * self.step(weight)
        if norm > self.norm + slack:
            raise WireError(
                f"the sum is not one of the study's changes: L2 norm of the mean expected at most {self.norm:g}, got "
                f"{norm:.6g}: a site broke its bound, or gave a wrong share"
            )
        return mean

    def step(self, weight: int) -> float:
        """The largest error of a value of :meth:`mean`, before it is rounded to float32: half a step of each site."""
        return 0.5 * self.sites * 2.0 ** (self.weight_bits - self.scale_bits) / weight


def _wide_blocks(values: Floats) -> list[NDArray[np.float64]]:
    return [values[start : start + _BLOCK].astype(np.float64) for start in range(0, values.size, _BLOCK)]
