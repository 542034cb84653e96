import pytest
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import nn

from glsmed.shared.networks.frozen_norm import FrozenNorm, fold_batch_norms, frozen_norms, with_folded_statistics


def used(norm: nn.Module) -> nn.Module:
    """A BatchNorm that has seen images."""
    generator = torch.Generator().manual_seed(3)
    norm.train()
    for _ in range(5):
        norm(torch.randn(8, 6, 4, 4, generator=generator) * 3 + 1)
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.copy_(torch.randn(6, generator=generator))
    return norm.eval()


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm2d(6),
        nn.BatchNorm2d(6, affine=False),
        nn.BatchNorm2d(6, eps=0.1),
        BatchNormAct2d(6, act_layer=nn.SiLU),
    ],
)
def test_what_is_left_computes_what_the_layer_did_in_use(norm: nn.Module) -> None:
    model = nn.Sequential(nn.Identity(), used(norm))
    images = torch.randn(3, 6, 5, 5, generator=torch.Generator().manual_seed(4))
    expected, weights = model(images), dict(model.state_dict())
    fold_batch_norms(model)
    model.load_state_dict(with_folded_statistics(model, weights))
    for training in (True, False):
        assert torch.allclose(model.train(training)(images), expected, atol=1e-5)


def test_a_vector_for_each_image_is_scaled_too() -> None:
    norm = FrozenNorm(3, eps=1e-5)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 2, 3]))
        norm.bias.fill_(1)
    assert norm(torch.ones(2, 3)).tolist() == [[2, 3, 4]] * 2


def test_folded_weights_stay_as_they_are() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    fold_batch_norms(model)
    assert list(frozen_norms(model)) == ["1"]
    once = {name: value.clone() for name, value in model.state_dict().items()}
    assert with_folded_statistics(model, once) == once
