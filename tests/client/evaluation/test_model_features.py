import pytest
import torch
from torch import nn

from glsmed.client.evaluation.model_features import FeatureReader, last_layer
from glsmed.shared.networks.building import build_model
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.network_settings import ARCHITECTURES

CPU = torch.device("cpu")
IMAGES = torch.randint(0, 256, (3, 1, 32, 32), generator=torch.Generator().manual_seed(0)).byte()


@pytest.mark.parametrize("architecture", ["resnet10", "densenet121"])
def test_the_last_layer_makes_the_logits_of_the_features(architecture: str) -> None:
    model = build_model(architecture, n_findings=4, seed=0)
    with FeatureReader(model, n_findings=4, device=CPU) as reader:
        logits, features = reader(IMAGES)
    assert torch.allclose(last_layer(model, n_findings=4)(features), logits, atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(model(to_pixels(IMAGES)), logits, atol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_network_has_a_last_layer(architecture: str) -> None:
    assert last_layer(build_model(architecture, n_findings=4, seed=0), n_findings=4).out_features == 4


def test_it_listens_no_longer_than_its_block() -> None:
    model = build_model("resnet10", n_findings=4, seed=0)
    with FeatureReader(model, n_findings=4, device=CPU):
        pass
    assert not last_layer(model, n_findings=4)._forward_pre_hooks


def test_features_of_tokens_are_averaged() -> None:
    model = nn.Sequential(nn.Flatten(2), nn.Linear(1024, 4))
    with FeatureReader(model, n_findings=4, device=CPU) as reader:
        assert reader(IMAGES)[1].shape == (3, 1024)


def test_a_network_without_such_a_layer_is_named() -> None:
    with pytest.raises(ValueError, match="Flatten has no linear layer with 4 outputs"):
        last_layer(nn.Flatten(), n_findings=4)
