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
from opacus.grad_sample.utils import register_norm_sampler  # type: ignore[import-untyped]  # as above
from torch import Tensor, nn
from torch.nn import functional as F


@register_norm_sampler(nn.Conv2d)  # type: ignore[untyped-decorator]  # opacus ships no types
def convolution_norms(layer: nn.Conv2d, activations: Sequence[Tensor], backprops: Tensor) -> dict[Tensor, Tensor]:
    """``(N,)`` norms of each sample's gradient, by parameter of the layer.

    Args:
        layer: a convolution with one group and zero padding in numbers.
        activations: its input ``(N, C, H, W)``, as the only element.
        backprops: gradients of each sample's loss ``(N, O, h, w)`` by its output.

    Raises:
        ValueError: the layer is of another kind.
    """
    if layer.groups != 1 or layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise ValueError(f"no per-sample norms for {layer}: groups, padding mode or padding are not supported")
    gradients = backprops.flatten(2)
    norms: dict[Tensor, Tensor] = {}
    if layer.weight.requires_grad:
        patches = F.unfold(
            activations[0].to(backprops.dtype), layer.kernel_size, layer.dilation, layer.padding, layer.stride
        )
        norms[layer.weight] = _weight_norms(patches, gradients)
    if layer.bias is not None and layer.bias.requires_grad:
        norms[layer.bias] = gradients.float().sum(2).norm(dim=1)
    return norms


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
