import pytest
import torch
from torch import nn

from glsmed.shared.networks.building import build_model


def test_weights_follow_from_the_seed_and_nothing_else_is_touched() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, again, other = (build_model("resnet10", n_findings=3, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, again[name]) for name, value in one.items())
    assert not torch.equal(one["conv1.weight"], other["conv1.weight"])


def test_no_activation_overwrites_its_input() -> None:
    model = build_model("timm/test_efficientnet_gn", n_findings=1, seed=0)
    assert not any(getattr(module, "inplace", False) for module in model.modules())


def test_the_image_size_reaches_a_network_that_depends_on_it() -> None:
    model = build_model("timm/test_vit", n_findings=1, seed=0, image_size_px=48)
    assert isinstance(model, nn.Module)
    assert model.get_parameter("pos_embed").shape[1] == 10


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown architecture 'resnet34'; known: resnet10_x0_25, resnet10, "):
        build_model("resnet34", n_findings=1, seed=0)
