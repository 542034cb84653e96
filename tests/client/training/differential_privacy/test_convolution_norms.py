import pytest
import torch
from torch import nn

from glsmed.client.training.differential_privacy.convolution_norms import convolution_norms


@pytest.mark.parametrize(
    ("layer", "side"),
    [
        (nn.Conv2d(3, 5, 3, padding=1), 8),  # many positions: by patches
        (nn.Conv2d(24, 40, 3, stride=2, padding=1, bias=False), 4),  # few positions: by positions
        (nn.Conv2d(4, 6, 1, stride=2), 5),
        (nn.Conv2d(2, 3, (3, 2), dilation=2, padding=(2, 0)), 7),
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
    "layer", [nn.Conv2d(4, 4, 3, groups=2), nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")]
)
def test_a_convolution_of_another_kind_is_refused(layer: nn.Conv2d) -> None:
    with pytest.raises(ValueError, match="not supported"):
        convolution_norms(layer, [torch.zeros(1, 4, 5, 5)], torch.zeros(1, 4, 3, 3))
