"""A random generator whose whole state follows from a key; torch's seeds keep 32 bits, which can be tried out."""

import hashlib
from collections.abc import Callable

import numpy as np
import torch

RoundKeys = Callable[[int], bytes]  # from a round to its key

_HEAD_BYTES = 24  # the seed, how many numbers are left, whether it was seeded, and which comes next
_WORDS = 624  # of the Mersenne twister: 32 bits each, in 64


def keyed_generator(key: bytes) -> torch.Generator:
    """A generator on the CPU: the same numbers for the same key, and no way to them without all of it.

    Whoever sees hundreds of its numbers can tell the next; those of a site never leave it.

    Args:
        key: any bytes; 32 secret ones where nobody may guess.
    """
    generator = torch.Generator().manual_seed(0)  # as after seeding: all numbers are still to come
    words = np.frombuffer(hashlib.shake_256(key).digest(4 * _WORDS), dtype="<u4").astype(np.uint64)
    state = generator.get_state()
    state[_HEAD_BYTES : _HEAD_BYTES + 8 * _WORDS] = torch.from_numpy(words.view(np.uint8))
    generator.set_state(state)
    return generator
