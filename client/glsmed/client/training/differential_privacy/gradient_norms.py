"""Norms of per-sample gradients for Opacus' ghost clipping: of convolutions, which it does not know, and in float32.

A convolution is a linear map of unfolded patches: with patches A ``(P, T)`` and output gradients G ``(O, T)`` of one
sample at its T positions the gradient is ``G A^T``, and its squared norm is also the sum of ``(A^T A) * (G^T G)``
(Bu et al., NeurIPS 2022, on ghost clipping of convolutions). Whichever needs fewer multiplications is taken.

Opacus' own norms have the precision of the network's outputs. Rounded to bf16 under autocast they may be 0.4 % too
small, and the clipped gradient that much longer than the noise allows for; hence float32 here, whatever the autocast.
"""

from collections.abc import Sequence

import torch
from opacus.grad_sample.group_norm import compute_group_norm_grad_sample  # type: ignore[import-untyped]  # no types
from opacus.grad_sample.linear import compute_linear_norm_sample  # type: ignore[import-untyped]  # as above
from opacus.grad_sample.utils import (  # type: ignore[import-untyped]  # as above
    register_grad_sampler,
    register_norm_sampler,
)
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.shared.networks.frozen_norm import FrozenNorm


@register_norm_sampler(nn.Conv2d)  # type: ignore[untyped-decorator]  # opacus ships no types
def convolution_norms(layer: nn.Conv2d, activations: Sequence[Tensor], backprops: Tensor) -> dict[Tensor, Tensor]:
    """``(N,)`` norms of each sample's gradient, by parameter of the layer.

    Args:
        layer: a convolution with zero padding in numbers.
        activations: its input ``(N, C, H, W)``, as the only element.
        backprops: gradients of each sample's loss ``(N, O, h, w)`` by its output.

    Raises:
        ValueError: the layer is of another kind.
    """
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise ValueError(f"no per-sample norms for {layer}: padding mode or padding are not supported")
    gradients = backprops.flatten(2)
    norms: dict[Tensor, Tensor] = {}
    if layer.weight.requires_grad:
        patches = F.unfold(
            activations[0].to(backprops.dtype), layer.kernel_size, layer.dilation, layer.padding, layer.stride
        )
        norms[layer.weight] = _grouped_norms(patches, gradients, layer.groups)
    if layer.bias is not None and layer.bias.requires_grad:
        norms[layer.bias] = gradients.float().sum(2).norm(dim=1)
    return norms


def _grouped_norms(patches: Tensor, gradients: Tensor, groups: int) -> Tensor:
    """``(N,)`` norms for channels in groups, each a convolution of its own."""
    if groups == 1:
        return _weight_norms(patches, gradients)
    images, _, positions = patches.shape
    of_groups = _weight_norms(
        patches.reshape(images * groups, -1, positions), gradients.reshape(images * groups, -1, positions)
    )
    whole: Tensor = of_groups.view(images, groups).norm(dim=1)
    return whole


def _weight_norms(patches: Tensor, gradients: Tensor) -> Tensor:
    """``(N,)`` norms of ``G A^T`` for patches ``(N, P, T)`` and gradients ``(N, O, T)``."""
    inputs, outputs, positions = patches.shape[1], gradients.shape[1], patches.shape[2]
    if positions * (inputs + outputs) < inputs * outputs:
        of_patches = torch.bmm(patches.transpose(1, 2), patches).float()
        of_gradients = torch.bmm(gradients.transpose(1, 2), gradients).float()
        return (of_patches * of_gradients).sum((1, 2)).clamp_min(0).sqrt()
    whole: Tensor = torch.bmm(gradients, patches.transpose(1, 2)).float().flatten(1).norm(dim=1)
    return whole


@register_norm_sampler(nn.Linear)  # type: ignore[untyped-decorator]  # as above
def linear_norms(layer: nn.Linear, activations: Sequence[Tensor], backprops: Tensor) -> dict[Tensor, Tensor]:
    """``(N,)`` norms of each sample's gradient, by parameter of the layer: Opacus' own, in float32.

    Args:
        layer: a linear layer.
        activations: its input ``(N, …, I)``, as the only element.
        backprops: gradients of each sample's loss ``(N, …, O)`` by its output.
    """
    norms: dict[Tensor, Tensor] = compute_linear_norm_sample(layer, activations, backprops.float())
    return norms


@register_norm_sampler(nn.GroupNorm)  # type: ignore[untyped-decorator]  # as above
def group_norm_norms(layer: nn.GroupNorm, activations: Sequence[Tensor], backprops: Tensor) -> dict[Tensor, Tensor]:
    """``(N,)`` norms of each sample's gradient, by parameter of the layer: of Opacus' gradients, in float32.

    Args:
        layer: a group normalisation.
        activations: its input ``(N, C, …)``, as the only element.
        backprops: gradients of each sample's loss ``(N, C, …)`` by its output.
    """
    gradients = compute_group_norm_grad_sample(layer, [activations[0].float()], backprops.float())
    return {parameter: gradient.norm(dim=1) for parameter, gradient in gradients.items()}


@register_grad_sampler(FrozenNorm)  # type: ignore[untyped-decorator]  # as above
def frozen_norm_gradients(layer: FrozenNorm, activations: Sequence[Tensor], backprops: Tensor) -> dict[Tensor, Tensor]:
    """``(N, C)`` gradients of each sample, by parameter of the layer, in float32.

    Args:
        layer: a factor and an addend for each channel.
        activations: its input ``(N, C, …)``, as the only element.
        backprops: gradients of each sample's loss ``(N, C, …)`` by its output.
    """
    outputs, inputs = backprops.float(), activations[0].float()
    found = {layer.weight: _by_channel(outputs * inputs), layer.bias: _by_channel(outputs)}
    return {parameter: gradient for parameter, gradient in found.items() if parameter.requires_grad}


@register_norm_sampler(FrozenNorm)  # type: ignore[untyped-decorator]  # as above
def frozen_norm_norms(layer: FrozenNorm, activations: Sequence[Tensor], backprops: Tensor) -> dict[Tensor, Tensor]:
    """``(N,)`` norms of each sample's gradient, by parameter of the layer."""
    gradients = frozen_norm_gradients(layer, activations, backprops)
    return {parameter: gradient.norm(dim=1) for parameter, gradient in gradients.items()}


def _by_channel(values: Tensor) -> Tensor:
    """``(N, C)`` sums of ``(N, C, …)``."""
    return values.flatten(2).sum(2) if values.ndim > 2 else values  # samples and channels
