"""The networks that methods train: three convolutions, small enough for many seeds on a CPU, or one of a study."""

import torch
from torch import Tensor, nn

from glsmed.shared.errors import UsageError
from glsmed.shared.networks.group_norm_networks import build_group_norm_network
from glsmed.shared.protocol.network_settings import ARCHITECTURES

SMALL, PLACED = "small", "placed"
NETWORKS = (SMALL, PLACED, *ARCHITECTURES)
_WIDTH = 16
_GROUPS = 4
_PLACES = 4  # a side


def network_named(name: str, outputs: int, *, seed: int) -> nn.Module:
    """From ``(N, 1, S, S)`` float32 to ``(N, outputs)``; the global random state is left as it was.

    Args:
        name: ``small``; ``placed``, which is small and knows where on the picture it sees something, for pictures that
            are cut to a lesion; or an architecture of study.yaml.
        outputs: numbers per image.
        seed: the same seed makes the same weights.

    Raises:
        UsageError: there is no network of this name.
    """
    if name in (SMALL, PLACED):
        return small_network(outputs, seed=seed, places=1 if name == SMALL else _PLACES)
    if name not in NETWORKS:
        raise UsageError(f"no network {name!r}; there are {', '.join(NETWORKS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_group_norm_network(name, n_findings=outputs).to(memory_format=torch.channels_last)


class MixedPrecision(nn.Module):
    """A network whose convolutions compute in bf16 and whose norms compute in float32; the same inputs and outputs.

    For CPUs that multiply matrices in bf16 (AMX). Group norms of bf16 inputs are slow there: theirs are made float32.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for module in network.modules():
            if isinstance(module, nn.GroupNorm):
                module.register_forward_pre_hook(_as_float32)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, outputs)`` float32."""
        with torch.autocast(images.device.type, torch.bfloat16):
            answers: Tensor = self.network(images)
        return answers.float()


def _as_float32(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(one.float() for one in inputs)


def small_network(outputs: int, *, seed: int, places: int = 1) -> nn.Module:
    """From ``(N, 1, S, S)`` float32 to ``(N, outputs)``; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            *_stage(1, _WIDTH, stride=2),
            *_stage(_WIDTH, 2 * _WIDTH, stride=2),
            *_stage(2 * _WIDTH, 4 * _WIDTH, stride=2),
            nn.AdaptiveAvgPool2d(places),
            nn.Flatten(),
            nn.Linear(4 * _WIDTH * places**2, outputs),
        ).to(memory_format=torch.channels_last)


def _stage(inputs: int, outputs: int, *, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(_GROUPS, outputs),
        nn.ReLU(),
    ]
