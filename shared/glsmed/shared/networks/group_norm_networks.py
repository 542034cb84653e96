"""The image classifiers: torchvision networks with GroupNorm, one input channel and one logit per finding.

GroupNorm instead of BatchNorm, because running statistics of one hospital's scanner neither average well across
hospitals nor may be combined with differential privacy.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models import DenseNet, ResNet
from torchvision.models.resnet import BasicBlock, Bottleneck

from glsmed.shared.protocol.study import Study

_MOST_GROUPS = 32


def group_norm(channels: int) -> nn.GroupNorm:
    """GroupNorm with as many of 32 groups as divide the channels."""
    return nn.GroupNorm(math.gcd(_MOST_GROUPS, channels), channels)


class _AddingBasicBlock(BasicBlock):  # type: ignore[misc]  # torchvision ships no types
    """torchvision's block with an addition of its own result: adding in place breaks per-sample gradients."""

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` to ``(N, C', H', W')``."""
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        result: Tensor = self.relu(out + (x if self.downsample is None else self.downsample(x)))
        return result


class _AddingBottleneck(Bottleneck):  # type: ignore[misc]  # as above
    """The same for the block of the deeper networks."""

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` to ``(N, C', H', W')``."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(out)))))
        result: Tensor = self.relu(out + (x if self.downsample is None else self.downsample(x)))
        return result


_ARCHITECTURES: dict[str, Callable[[int], nn.Module]] = {
    "resnet10": lambda n: ResNet(_AddingBasicBlock, [1, 1, 1, 1], num_classes=n, norm_layer=group_norm),
    "resnet18": lambda n: ResNet(_AddingBasicBlock, [2, 2, 2, 2], num_classes=n, norm_layer=group_norm),
    "resnet50": lambda n: ResNet(_AddingBottleneck, [3, 4, 6, 3], num_classes=n, norm_layer=group_norm),
    "densenet121": lambda n: _with_group_norm(DenseNet(32, (6, 12, 24, 16), 64, num_classes=n)),
}
ARCHITECTURES = tuple(_ARCHITECTURES)


def build_model(architecture: str, *, n_findings: int, seed: int) -> nn.Module:
    """A freshly initialised network from ``(N, 1, S, S)`` float images to ``(N, n_findings)`` logits.

    Args:
        architecture: one of :data:`ARCHITECTURES`; ``resnet10`` is a ResNet with one block per stage.
        n_findings: number of outputs.
        seed: of the initial weights; the global random state is left as it was.

    Raises:
        ValueError: the architecture is unknown.
    """
    if architecture not in _ARCHITECTURES:
        raise ValueError(f"unknown architecture {architecture!r}; known: {', '.join(ARCHITECTURES)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _ARCHITECTURES[architecture](n_findings)
        _take_one_channel(model)
    _stop_in_place(model)
    return model


def initial_model(study: Study) -> nn.Module:
    """The network that every participant of a study starts from: the same at the centre and at each site."""
    return build_model(study.model.architecture, n_findings=len(study.findings), seed=study.training.seed)


def _take_one_channel(model: nn.Module) -> None:
    """Replace the first convolution by one with a single input channel."""
    holder = model.features if isinstance(model, DenseNet) else model
    name = "conv0" if isinstance(model, DenseNet) else "conv1"
    if not isinstance(holder, nn.Module):
        raise TypeError("the network has no features to replace")
    first = holder.get_submodule(name)
    if not isinstance(first, nn.Conv2d):
        raise TypeError(f"{name} is not a convolution")
    single = nn.Conv2d(1, first.out_channels, kernel_size=7, stride=2, padding=3, bias=False)
    nn.init.kaiming_normal_(single.weight, mode="fan_out", nonlinearity="relu")
    setattr(holder, name, single)


def _with_group_norm(model: nn.Module) -> nn.Module:
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, group_norm(child.num_features))
    return model


def _stop_in_place(model: nn.Module) -> None:
    """In-place ReLU breaks the hooks that per-sample gradients need."""
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False


def state_arrays(model: nn.Module) -> dict[str, NDArray[np.generic]]:
    """The model's state dict as numpy arrays on the CPU, contiguous, in its order."""
    return {name: np.ascontiguousarray(value.detach().cpu().numpy()) for name, value in model.state_dict().items()}


def load_arrays(model: nn.Module, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Copy arrays that fit the model's manifest into the model."""
    model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
