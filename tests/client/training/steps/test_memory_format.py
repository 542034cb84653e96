"""Weights and images lie as is fastest on their device, whatever they lay like before; their values stay."""

import pytest
import torch
from torch import nn

from glsmed.client.training.steps.memory_format import fastest_format, in_fastest_format, placed

CPU = torch.device("cpu")
FORMATS = [torch.contiguous_format, torch.channels_last]


def convolution() -> nn.Module:
    torch.manual_seed(0)
    return nn.Conv2d(3, 4, 3)


@pytest.mark.parametrize(
    ("device", "expected"),
    [("cpu", torch.channels_last), ("cuda", torch.contiguous_format), ("cuda:1", torch.contiguous_format)],
)
def test_channels_come_last_on_a_cpu_only(device: str, expected: torch.memory_format) -> None:
    assert fastest_format(torch.device(device)) == expected


@pytest.mark.parametrize("before", FORMATS)
def test_a_model_is_placed_itself_with_the_same_values(before: torch.memory_format) -> None:
    model = convolution().to(memory_format=before)
    assert placed(model, CPU) is model
    weight = model.get_parameter("weight")
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(weight, convolution().get_parameter("weight"))


@pytest.mark.parametrize("before", FORMATS)
def test_images_take_the_format_of_their_device(before: torch.memory_format) -> None:
    images = torch.rand(2, 3, 4, 4).contiguous(memory_format=before)
    assert in_fastest_format(images).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(in_fastest_format(images), images)
