import pytest
from torch import nn

from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.local_layers import local_names
from glsmed.shared.protocol.network_settings import ARCHITECTURES
from glsmed.shared.protocol.strategy_settings import LocalLayers


def of_modules(model: nn.Module, kind: type[nn.Module]) -> set[str]:
    """The arrays of all modules of a kind."""
    return {
        f"{prefix}.{name}"
        for prefix, module in model.named_modules()
        if isinstance(module, kind)
        for name in module.state_dict()
    }


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_names_of_layers_are_those_of_the_networks_own_modules(architecture: str) -> None:
    model = build_model(architecture, n_findings=2, seed=0)
    norms, heads = of_modules(model, nn.GroupNorm), of_modules(model, nn.Linear)
    expected: dict[LocalLayers, set[str]] = {
        "none": set(),
        "norm": norms,
        "head": heads,
        "norm_and_head": norms | heads,
    }
    assert len(norms) > 20
    assert len(heads) == 2
    for kept, local in expected.items():
        assert local_names(model, kept) == local
