"""The network that every method trains: three convolutions, small enough for many seeds on a CPU."""

import torch
from torch import nn

_WIDTH = 16
_GROUPS = 4


def small_network(outputs: int, *, seed: int) -> nn.Module:
    """From ``(N, 1, S, S)`` float32 to ``(N, outputs)``; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            *_stage(1, _WIDTH, stride=2),
            *_stage(_WIDTH, 2 * _WIDTH, stride=2),
            *_stage(2 * _WIDTH, 4 * _WIDTH, stride=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4 * _WIDTH, outputs),
        ).to(memory_format=torch.channels_last)


def _stage(inputs: int, outputs: int, *, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(_GROUPS, outputs),
        nn.ReLU(),
    ]
