from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.gradient_norms import (
    convolution_norms,
    frozen_norm_norms,
    group_norm_norms,
    linear_norms,
)
from glsmed.shared.networks.frozen_norm import FrozenNorm


@pytest.mark.parametrize(
    ("layer", "side"),
    [
        (nn.Conv2d(3, 5, 3, padding=1), 8),  # many positions: by patches
        (nn.Conv2d(24, 40, 3, stride=2, padding=1, bias=False), 4),  # few positions: by positions
        (nn.Conv2d(4, 6, 1, stride=2), 5),
        (nn.Conv2d(2, 3, (3, 2), dilation=2, padding=(2, 0)), 7),
        (nn.Conv2d(6, 9, 3, groups=3), 8),
        (nn.Conv2d(5, 5, 3, groups=5, bias=False), 3),
    ],
)
def test_norms_are_those_of_each_samples_own_gradient(layer: nn.Conv2d, side: int) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(4, layer.in_channels, side, side, generator=generator)
    backprops = torch.randn(layer(images).shape, generator=generator)
    norms = convolution_norms(layer, [images], backprops)
    assert set(norms) == set(layer.parameters())
    for row in range(4):
        loss = (layer(images[row : row + 1]) * backprops[row]).sum()
        for parameter, gradient in zip(
            layer.parameters(), torch.autograd.grad(loss, list(layer.parameters())), strict=True
        ):
            assert float(norms[parameter][row]) == pytest.approx(float(gradient.norm()), rel=1e-4)


@pytest.mark.parametrize(
    "layer", [nn.Conv2d(4, 4, 3, padding="same"), nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")]
)
def test_a_convolution_of_another_kind_is_refused(layer: nn.Conv2d) -> None:
    with pytest.raises(ValueError, match="not supported"):
        convolution_norms(layer, [torch.zeros(1, 4, 5, 5)], torch.zeros(1, 4, 3, 3))


Sampler = Callable[..., dict[Tensor, Tensor]]


@pytest.mark.parametrize(
    ("sampler", "layer", "inputs"),
    [
        (convolution_norms, nn.Conv2d(3, 5, 3, padding=1), (3, 8, 8)),
        (convolution_norms, nn.Conv2d(24, 40, 3, stride=2), (24, 5, 5)),
        (linear_norms, nn.Linear(6, 3), (6,)),
        (group_norm_norms, nn.GroupNorm(2, 6), (6, 7, 7)),
        (frozen_norm_norms, FrozenNorm(6, eps=1e-5), (6, 7, 7)),
    ],
)
def test_norms_of_bf16_outputs_are_not_rounded_to_bf16(
    sampler: Sampler, layer: nn.Module, inputs: Sequence[int]
) -> None:
    generator = torch.Generator().manual_seed(0)
    given = torch.randn(6, *inputs, generator=generator).bfloat16()
    backprops = torch.randn(layer(given.float()).shape, generator=generator).bfloat16()
    for norms in sampler(layer, [given], backprops).values():
        assert norms.dtype == torch.float32
        assert not torch.equal(norms, norms.bfloat16().float())
    for row in range(6):
        loss = (layer(given[row : row + 1].float()) * backprops[row].float()).sum()
        for parameter, gradient in zip(
            layer.parameters(), torch.autograd.grad(loss, list(layer.parameters())), strict=True
        ):
            norm = sampler(layer, [given], backprops)[parameter][row]
            assert float(norm) == pytest.approx(float(gradient.norm()), rel=1e-3)
