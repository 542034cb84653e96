import pytest
import torch
import torchvision
from torch import nn

from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.group_norm_networks import group_norm
from glsmed.shared.protocol.network_settings import ARCHITECTURES


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_one_channel_in_and_one_logit_per_finding_out(architecture: str) -> None:
    model = build_model(architecture, n_findings=3, seed=0).eval()
    with torch.no_grad():
        assert model(torch.zeros(2, 1, 64, 64)).shape == (2, 3)


@pytest.mark.parametrize("architecture", ["resnet18", "resnet50", "densenet121"])
def test_the_networks_are_torchvisions_but_for_channels_and_norm(architecture: str) -> None:
    reference = getattr(torchvision.models, architecture)(num_classes=3)
    ours = build_model(architecture, n_findings=3, seed=0)
    first_convolution = 2 * 64 * 7 * 7  # two colour channels fewer

    def weights(model: nn.Module) -> int:
        return sum(parameter.numel() for parameter in model.parameters())

    assert weights(reference) - weights(ours) == first_convolution


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_statistics_run_along_with_a_site(architecture: str) -> None:
    model = build_model(architecture, n_findings=3, seed=0)
    assert not any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules())
    assert list(model.buffers()) == []
    assert not any(module.inplace for module in model.modules() if isinstance(module, nn.ReLU))


@pytest.mark.parametrize(("channels", "groups"), [(64, 32), (96, 32), (48, 16), (33, 1), (2048, 32)])
def test_groups_divide_the_channels(channels: int, groups: int) -> None:
    norm = group_norm(channels)
    assert norm.num_groups == groups
    assert channels % norm.num_groups == 0
