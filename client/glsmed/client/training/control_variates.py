"""SCAFFOLD at a site (Karimireddy et al., ICML 2020, algorithm 1, option II).

Where hospitals differ, plain steps lead each to its own optimum. A site corrects every gradient by c - c_i: the
centre's estimate of the gradient of all sites less its own estimate of its own. After K steps of learning rate h from
x to y its own becomes c_i - c + (x - y) / (K h). It stays on the site's disk; what the centre needs of it follows from
the model that the site sends.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.client.training.round_arrays import RoundArrays
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.shared.protocol.packed_model import Arrays

_ROUNDS_KEPT = 2  # the last, and the one before it, from which a repeated round starts


@dataclass(frozen=True, slots=True)
class RoundControl:
    """The two control variates of one round, by name of array."""

    centre: Arrays
    own: Arrays

    def steering(self) -> Steering:
        """The shift c - c_i of every gradient."""
        shift = {name: np.subtract(self.centre[name], own, dtype=np.float32) for name, own in self.own.items()}
        return Steering(shift={name: torch.from_numpy(array) for name, array in shift.items()})

    def after(self, start: Arrays, end: Arrays, *, steps: int, learning_rate: float) -> dict[str, NDArray[np.float32]]:
        """The site's own control variate after so many plain steps from ``start`` to ``end``."""
        scale = np.float32(1 / (steps * learning_rate))
        after = {}
        for name, own in self.own.items():
            gradient = scale * np.subtract(start[name], end[name], dtype=np.float32)
            after[name] = np.subtract(own, self.centre[name], dtype=np.float32) + gradient
        return after


class OwnControl:
    """A site's control variate from round to round; zeros before its first."""

    def __init__(self, folder: Path) -> None:
        self._files = RoundArrays(folder, keep=_ROUNDS_KEPT)

    def of_round(self, round_number: int, centre: Arrays) -> RoundControl:
        """What a round starts with.

        Raises:
            DataError: the file is damaged.
        """
        own = self._files.latest(at_most=round_number - 1)
        return RoundControl(centre, own or {name: np.zeros_like(array) for name, array in centre.items()})

    def keep(self, own: Arrays, *, after_round: int) -> None:
        """Keep the site's control variate after a round.

        Raises:
            OSError: the disk is full.
        """
        self._files.save(after_round, own)
