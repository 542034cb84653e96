"""How a network's weights and images lie in memory, which decides how fast its steps are on a device.

Measured (benchmarks/results/speed.md): a CPU is faster with channels last. A GPU is slower with them, since GroupNorm's
CUDA kernel has no such form and its input is copied. Private steps are contiguous everywhere: Opacus unfolds patches.
"""

import torch
from torch import Tensor, nn


def fastest_format(device: torch.device) -> torch.memory_format:
    """The memory format in which steps and predictions are fastest on this kind of device."""
    return torch.contiguous_format if device.type == "cuda" else torch.channels_last


def placed(model: nn.Module, device: torch.device) -> nn.Module:
    """The model, itself moved to the device and into the device's format; values stay the same."""
    return model.to(device).to(memory_format=fastest_format(device))


def in_fastest_format(images: Tensor) -> Tensor:
    """The images ``(n, C, S, S)`` in the format of the device that they are on."""
    return images.contiguous(memory_format=fastest_format(images.device))
