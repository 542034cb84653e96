"""What the calibration error of a perfectly calibrated model would be: with finitely many test studies it is not 0."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from glsmed.shared.metrics.calibration_error import CALIBRATION_BINS, Places, equal_mass_bins, equal_width_bins

_DRAWS = 200


def calibration_floors(
    probability: NDArray[np.floating], counted: NDArray[np.bool_], *, seed: int, draws: int = _DRAWS
) -> dict[str, float]:
    """``ece_floor`` and ``ece_equal_mass_floor``: the expected error if every probability were exactly right.

    Truths are drawn from the probabilities themselves and put into the bins of the metric (Bröcker and Smith 2007,
    "consistency resampling"); the mean over draws, then over findings.

    Args:
        probability: ``(M, K)`` in [0, 1].
        counted: ``(M, K)`` the cells that count; a finding without any is left out.
        seed: the same seed draws the same truths.
        draws: how many.
    """
    generator = torch.Generator().manual_seed(seed)
    floors = [
        _floors_of(torch.from_numpy(probability[rows, column]).double(), generator, draws)
        for column in range(probability.shape[1])
        if (rows := counted[:, column]).any()
    ]
    return {name: sum(each[name] for each in floors) / len(floors) for name in (floors or [{}])[0]}


def _floors_of(probability: Tensor, generator: torch.Generator, draws: int) -> dict[str, float]:
    drawn = torch.rand(draws, len(probability), generator=generator, dtype=torch.double) < probability
    left_over, values = drawn.double() - probability, probability.numpy()
    return {
        "ece_floor": _mean_error(left_over, equal_width_bins(values, bins=CALIBRATION_BINS)),
        "ece_equal_mass_floor": _mean_error(left_over, equal_mass_bins(values, bins=CALIBRATION_BINS)),
    }


def _mean_error(left_over: Tensor, place: Places) -> float:
    """The mean over draws of the gaps between what was said and what was drawn, ``left_over`` is ``(draws, n)``."""
    gaps = left_over @ F.one_hot(torch.from_numpy(place), CALIBRATION_BINS).double()
    return float(gaps.abs().sum(1).mean() / left_over.shape[1])
