"""torchvision's networks with GroupNorm, trained from scratch.

GroupNorm instead of BatchNorm, because running statistics of one hospital's scanner neither average well across
hospitals nor may be combined with differential privacy.
"""

import math
from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import DenseNet, ResNet
from torchvision.models.resnet import BasicBlock, Bottleneck

from glsmed.shared.protocol.network_settings import ARCHITECTURES

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


class _DenseNet(DenseNet):  # type: ignore[misc]  # as above
    """torchvision's network with an activation of its own result, for the same reason."""

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 1, H, W)`` to ``(N, K)``."""
        features = F.adaptive_avg_pool2d(F.relu(self.features(x)), 1)
        logits: Tensor = self.classifier(features.flatten(1))
        return logits


def _quarter_wide_resnet10(n_findings: int) -> nn.Module:
    """resnet10 with a quarter of its channels: torchvision's own takes no other width."""
    parts: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(1, 16, kernel_size=7, stride=2, padding=3, bias=False),
        "bn1": group_norm(16),
        "relu": nn.ReLU(),
        "maxpool": nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        "layer1": _AddingBasicBlock(16, 16, norm_layer=group_norm),
        "layer2": _halving_block(16),
        "layer3": _halving_block(32),
        "layer4": _halving_block(64),
        "avgpool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "fc": nn.Linear(128, n_findings),
    }
    for module in (each for part in parts.values() for each in part.modules()):
        if isinstance(module, nn.Conv2d):  # as torchvision begins
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(OrderedDict(parts))


def _halving_block(channels: int) -> nn.Module:
    """A block that halves the side and doubles the channels."""
    wider = 2 * channels
    shortcut = nn.Sequential(nn.Conv2d(channels, wider, kernel_size=1, stride=2, bias=False), group_norm(wider))
    return _AddingBasicBlock(channels, wider, stride=2, downsample=shortcut, norm_layer=group_norm)


_NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "resnet10_x0_25": _quarter_wide_resnet10,
    "resnet10": lambda n: ResNet(_AddingBasicBlock, [1, 1, 1, 1], num_classes=n, norm_layer=group_norm),
    "resnet18": lambda n: ResNet(_AddingBasicBlock, [2, 2, 2, 2], num_classes=n, norm_layer=group_norm),
    "resnet50": lambda n: ResNet(_AddingBottleneck, [3, 4, 6, 3], num_classes=n, norm_layer=group_norm),
    "densenet121": lambda n: _with_group_norm(_DenseNet(32, (6, 12, 24, 16), 64, num_classes=n)),
}


def build_group_norm_network(architecture: str, *, n_findings: int) -> nn.Module:
    """A network with one input channel and weights from torch's global random state.

    Args:
        architecture: one of ``ARCHITECTURES``; ``resnet10`` is a ResNet with one block per stage,
            ``resnet10_x0_25`` the same with a quarter of the channels.
        n_findings: number of outputs.

    Raises:
        ValueError: the architecture is unknown.
    """
    if architecture not in _NETWORKS:
        raise ValueError(f"unknown architecture {architecture!r}; known: {', '.join(ARCHITECTURES)}")
    model = _NETWORKS[architecture](n_findings)
    _take_one_channel(model)
    return model


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
