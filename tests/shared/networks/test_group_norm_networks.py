import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.group_norm_networks import group_norm
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays
from glsmed.shared.protocol.network_settings import ARCHITECTURES, ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection

SMALL = build_model("resnet10", n_findings=3, seed=0)


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


def test_weights_follow_from_the_seed_and_nothing_else_is_touched() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    again = build_model("resnet10", n_findings=3, seed=0)
    other = build_model("resnet10", n_findings=3, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    for name, value in SMALL.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert not torch.equal(other.state_dict()["conv1.weight"], SMALL.state_dict()["conv1.weight"])


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown architecture 'resnet34'; known: resnet10, "):
        build_model("resnet34", n_findings=1, seed=0)


def test_arrays_go_into_another_model_bit_by_bit() -> None:
    other = build_model("resnet10", n_findings=3, seed=9)
    load_arrays(other, state_arrays(SMALL))
    for name, value in SMALL.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])


def test_loading_copies() -> None:
    other, arrays = build_model("resnet10", n_findings=3, seed=9), state_arrays(SMALL)
    load_arrays(other, {name: array.copy() for name, array in arrays.items()})
    with torch.no_grad():
        next(iter(other.parameters())).add_(1)
    np.testing.assert_array_equal(state_arrays(SMALL)["conv1.weight"], arrays["conv1.weight"])


def test_every_participant_of_a_study_starts_from_the_same_model() -> None:
    study = Study(
        study="s",
        findings=("effusion", "nodule"),
        model=ModelSection(architecture="resnet10", image_size_px=32),
        training=TrainingSection(seed=5),
    )
    expected = build_model("resnet10", n_findings=2, seed=5).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in initial_model(study).state_dict().items())
