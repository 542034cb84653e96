"""Randomness that nobody outside can know or find again: who is drawn, and the noise.

Bits are a stream of AES-256 in counter mode under a key from the operating system. PyTorch's own generator on a CPU is
a Mersenne twister with a seed of 32 bits: whoever sees some of its noise, for instance of weights that a crafted model
gives no gradient, can find the seed and take away the rest.
"""

import math
import os
from collections.abc import Sequence

import torch
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from torch import Tensor

_KEY_BYTES = 32
_BLOCK_BYTES = 16
_WORD_BYTES = 8
_LARGEST = 2**63 - 1
_SEED_WORD = 2**63
_AT_ONCE = 2**16  # numbers, even: so many stay in a processor's cache
_AT_ONCE_ON_A_GPU = 2**22


class SecretRandom:
    """A stream of secret random numbers, another one in each process and for each object."""

    def __init__(self) -> None:
        cipher = Cipher(algorithms.AES(os.urandom(_KEY_BYTES)), modes.CTR(bytes(_BLOCK_BYTES)))
        self._stream = cipher.encryptor()

    def uniform(self, count: int) -> Tensor:
        """``(count,)`` float64 strictly between 0 and 1, those near 0 as fine as float64 can tell, to 2^-64."""
        words = self._words(count).bitwise_and_(_LARGEST).double()
        return words.add_(0.5).mul_(2.0**-63).clamp_(max=1 - 2.0**-53)

    def below(self, count: int) -> int:
        """A whole number from 0 to ``count`` - 1, each equally likely but for 1 part in 2^40."""
        return min(int(float(self.uniform(1)) * count), count - 1)

    def normal(self, shape: Sequence[int], *, device: torch.device) -> Tensor:
        """Standard normal float64 numbers of a shape (Box and Muller, 1958), computed on the device."""
        count = math.prod(shape)
        found = torch.empty(count + count % 2, dtype=torch.float64, device=device)
        for part in torch.split(found, _AT_ONCE if device.type == "cpu" else _AT_ONCE_ON_A_GPU):
            if len(part):
                self._fill_normal(part)
        return found[:count].view(tuple(shape))

    def _fill_normal(self, part: Tensor) -> None:
        half = len(part) // 2
        first, second = torch.split(self.uniform(len(part)).to(part.device), half)
        radius, angle = first.log_().mul_(-2).sqrt_(), second.mul_(2 * math.pi)
        torch.mul(radius, angle.cos(), out=part[:half])
        torch.mul(radius, angle.sin_(), out=part[half:])

    def generator(self) -> torch.Generator:
        """A generator of PyTorch with a secret seed, for what need not withstand a search: augmentation."""
        return torch.Generator().manual_seed(int(self._words(1)) % _SEED_WORD)

    def _words(self, count: int) -> Tensor:
        """``(count,)`` int64 of random bits."""
        if count == 0:
            return torch.zeros(0, dtype=torch.int64)
        size = _WORD_BYTES * count
        stream = bytearray(size + _BLOCK_BYTES)  # room that the cipher asks for and leaves alone
        self._stream.update_into(bytes(size), stream)
        return torch.frombuffer(stream, dtype=torch.int64, count=count)
