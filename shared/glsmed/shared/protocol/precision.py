"""Fewer bits for each value on the wire: bf16 as its upper 16 bits, int8 with one scale for each group of values.

bf16 keeps the range of float32 and 8 bits of its fraction (Kalamkar et al., arXiv 1905.12322). int8 is uniform
quantisation to -127..127 (Alistarh et al., NeurIPS 2017, without its randomness); what it loses is kept by the site and
added to its next change: error feedback (Seide et al., Interspeech 2014; Karimireddy et al., ICML 2019).
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Precision = Literal["fp32", "bf16", "int8"]
Floats = NDArray[np.float32]

GROUP = 4096  # values that share a scale
_MOST = 127
_HALF = np.uint32(0x7FFF)
_SHIFT = np.uint32(16)


def to_bf16(values: Floats) -> NDArray[np.uint16]:
    """The upper 16 bits of finite float32 values, rounded to the nearest, of two as near to the even one."""
    bits = values.view(np.uint32)
    return ((bits + _HALF + ((bits >> _SHIFT) & np.uint32(1))) >> _SHIFT).astype(np.uint16)


def from_bf16(bits: NDArray[np.uint16]) -> Floats:
    """The float32 values whose upper 16 bits these are."""
    return (bits.astype(np.uint32) << _SHIFT).view(np.float32)


def group_count(values: int) -> int:
    """How many scales so many values have."""
    return -(-values // GROUP)


def to_int8(values: Floats) -> tuple[NDArray[np.int8], Floats]:
    """The values in steps of their group's scale, and the ``(groups,)`` scales."""
    scales = np.maximum.reduceat(np.abs(values), np.arange(0, values.size, GROUP)) / np.float32(_MOST)
    divisors = np.repeat(np.where(scales > 0, scales, np.float32(1)), GROUP)[: values.size]
    return np.rint(values / divisors).astype(np.int8), scales.astype(np.float32)


def from_int8(steps: NDArray[np.int8], scales: Floats) -> Floats:
    """The float32 values; ``scales`` are those of the groups that the steps begin and end in."""
    return steps.astype(np.float32) * np.repeat(scales, GROUP)[: steps.size]
