import pytest
from torch import nn

from glsmed.shared.errors import NetworkError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.parts import depths, head_names, norm_names
from tests.shared.networks.small_timm import FAMILIES, small_timm


@pytest.mark.parametrize("family", FAMILIES)
def test_the_head_is_what_has_a_row_for_each_finding(family: str) -> None:
    model = small_timm(family, n_findings=7)
    head = head_names(model)
    assert head == {name for name, value in model.state_dict().items() if value.shape[:1] == (7,)}
    assert len(head) == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_norms_are_the_weights_of_norm_layers(family: str) -> None:
    """Every vector of a layer that scales: twice as many names as layers, and none of a convolution."""
    model = small_timm(family)
    names = norm_names(model)
    assert len(names) > 4
    assert all(model.get_parameter(name).ndim == 1 for name in names)
    layers = {name.rpartition(".")[0] for name in names}
    assert len(names) == 2 * len(layers)
    assert not any(isinstance(model.get_submodule(layer), nn.Conv2d | nn.Linear) for layer in layers)


@pytest.mark.parametrize("family", FAMILIES)
def test_depth_rises_from_the_first_layer_to_the_head(family: str) -> None:
    model = small_timm(family)
    depth = depths(model)
    assert set(depth) == {name for name, _ in model.named_parameters()}
    assert min(depth.values()) == 0
    deepest = max(depth.values())
    assert {name for name, place in depth.items() if place == deepest} == head_names(model)
    assert depth[next(name for name, value in model.named_parameters() if value.ndim == 4)] <= 1


@pytest.mark.parametrize(("architecture", "deepest"), [("resnet18", 5), ("densenet121", 5)])
def test_our_own_networks_have_a_depth_for_each_stage(architecture: str, deepest: int) -> None:
    depth = depths(build_model(architecture, n_findings=1, seed=0))
    assert sorted(set(depth.values())) == list(range(deepest + 1))


def test_a_network_without_a_head_is_refused() -> None:
    with pytest.raises(NetworkError, match="no last layer by a name that is known"):
        head_names(nn.Sequential(nn.Linear(2, 3)))
