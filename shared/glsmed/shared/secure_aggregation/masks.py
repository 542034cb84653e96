"""Masks: the key stream of AES-256 in counter mode as numbers modulo 2^32, added to a vector or taken away.

Each seed makes one mask and is used once, so the counter begins at 0. Under the assumption that AES is a pseudorandom
permutation, a vector with a mask whose seed is secret cannot be told from one of uniform numbers.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from glsmed.shared.secure_aggregation.fixed_point import Ring

SEED_BYTES = 32
_COUNTER_BYTES = 16
_BLOCK = 2**18  # values at a time: one MiB
_VALUE_BYTES = 4


class Mask(NamedTuple):
    """A seed of 32 bytes, and whether its stream is added (True) or taken away."""

    seed: bytes
    is_added: bool


def apply_masks(vector: Ring, masks: Iterable[Mask]) -> None:
    """Add each mask to ``(N,)`` numbers in place, or take it away."""
    streams = [(_stream(mask.seed), np.add if mask.is_added else np.subtract) for mask in masks]
    zeros = bytes(_VALUE_BYTES * min(_BLOCK, vector.size))
    for start in range(0, vector.size, _BLOCK):
        part = vector[start : start + _BLOCK]
        for stream, combine in streams:
            values = np.frombuffer(stream.update(zeros[: part.nbytes]), dtype="<u4")
            combine(part, values, out=part)


def _stream(seed: bytes) -> CipherContext:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes, got {len(seed)}")
    return Cipher(AES(seed), CTR(bytes(_COUNTER_BYTES))).encryptor()
