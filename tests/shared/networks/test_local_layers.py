import pytest
from torch import nn

from glsmed.shared.models import ARCHITECTURES, build_model
from glsmed.shared.protocol.local_layers import is_local, shared_manifest
from glsmed.shared.protocol.strategy_settings import LocalLayers
from glsmed.shared.wire.model_manifest import ArraySpec, ModelManifest


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
    names = set(model.state_dict())
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
        assert {name for name in names if is_local(name, kept)} == local


def test_the_shared_manifest_keeps_the_order_of_what_is_left() -> None:
    specs = [ArraySpec(name, (2,), "float32") for name in ("conv1.weight", "bn1.weight", "layer1.0.conv1.weight")]
    manifest = ModelManifest((*specs, ArraySpec("fc.weight", (1, 2), "float32")))
    assert shared_manifest(manifest, "none") == manifest
    assert [spec.name for spec in shared_manifest(manifest, "norm_and_head").arrays] == [
        "conv1.weight",
        "layer1.0.conv1.weight",
    ]
