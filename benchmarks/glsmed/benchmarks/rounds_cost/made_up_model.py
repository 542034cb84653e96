"""A model that is only arrays, of any size. A hospital cannot train it: light sites play with it."""

import numpy as np

from glsmed.shared.errors import UsageError
from glsmed.shared.protocol.packed_model import Arrays

_ARRAYS = 64  # about as many as a ResNet-18 has
_BYTES_PER_VALUE = 4
_MEGA = 1e6


def made_up_model(megabytes: float) -> Arrays:
    """As many float32 arrays as a ResNet-18 has, of equal size and together so large; always the same values.

    Raises:
        UsageError: the size is too small for so many arrays.
    """
    length = round(megabytes * _MEGA / _BYTES_PER_VALUE / _ARRAYS)
    if length < 1:
        raise UsageError(f"a made-up model of {megabytes} MB: expected at least {_ARRAYS * _BYTES_PER_VALUE} bytes")
    rng = np.random.default_rng(0)
    return {f"array_{number:02d}": rng.random(length, dtype=np.float32) - 0.5 for number in range(_ARRAYS)}
