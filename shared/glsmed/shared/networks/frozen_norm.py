"""BatchNorm with its statistics frozen: what is left is one factor and one addend for each channel.

With running mean m, variance v, factor g and addend b it computes x g / sqrt(v + eps) + b - m g / sqrt(v + eps). The
two numbers of a channel are weights like all others: they are trained, averaged and private like these.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class FrozenNorm(nn.Module):
    """Multiplies each channel of ``(N, C, …)`` by a number and adds another.

    Args:
        channels: C.
        eps: of the BatchNorm in whose place it stands.
    """

    def __init__(self, channels: int, *, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, …)`` to the same shape."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        return torch.addcmul(self.bias.view(shape), x, self.weight.view(shape))


class FrozenNormAct(nn.Module):
    """The same, followed by the activation that timm keeps inside such a layer."""

    def __init__(self, scale: FrozenNorm, act: nn.Module) -> None:
        super().__init__()
        self.scale = scale
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, …)`` to the same shape."""
        result: Tensor = self.act(self.scale(x))
        return result


def fold_batch_norms(model: nn.Module) -> None:
    """Replace every BatchNorm of a model in place by its frozen form; timm's with an activation keep that."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, _BatchNorm):
                setattr(parent, name, _frozen(child))


def _frozen(norm: _BatchNorm) -> nn.Module:
    scale = FrozenNorm(norm.num_features, eps=norm.eps)
    act = getattr(norm, "act", None)
    return FrozenNormAct(scale, act) if isinstance(act, nn.Module) else scale


def frozen_norms(model: nn.Module) -> dict[str, FrozenNorm]:
    """The frozen layers by name of the BatchNorm in whose place they stand."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, FrozenNorm):
            found[name.removesuffix(".scale") if _is_inside_act(model, name) else name] = module
    return found


def _is_inside_act(model: nn.Module, name: str) -> bool:
    return isinstance(model.get_submodule(name.rpartition(".")[0]), FrozenNormAct)


def with_folded_statistics(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights with every BatchNorm that the model has frozen as factor and addend, and without its statistics.

    Weights that are folded already, as our own checkpoints have them, stay as they are.
    """
    folded = dict(weights)
    for name, norm in frozen_norms(model).items():
        if f"{name}.running_mean" not in folded:
            continue
        mean, variance = folded[f"{name}.running_mean"].double(), folded[f"{name}.running_var"].double()
        factor = folded.pop(f"{name}.weight", torch.ones_like(mean)).double() / (variance + norm.eps).sqrt()
        addend = folded.pop(f"{name}.bias", torch.zeros_like(mean)).double() - mean * factor
        for statistic in _STATISTICS:
            folded.pop(f"{name}.{statistic}", None)
        place = f"{name}.scale" if isinstance(model.get_submodule(name), FrozenNormAct) else name
        folded |= {f"{place}.weight": factor.float(), f"{place}.bias": addend.float()}
    return folded
