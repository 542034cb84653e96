"""A model's weights as numpy arrays, and back."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


def state_arrays(model: nn.Module) -> dict[str, NDArray[np.generic]]:
    """The model's state dict as numpy arrays on the CPU, contiguous, in its order."""
    return {name: np.ascontiguousarray(value.detach().cpu().numpy()) for name, value in model.state_dict().items()}


def load_arrays(model: nn.Module, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Copy arrays that fit the model's manifest into the model."""
    model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
