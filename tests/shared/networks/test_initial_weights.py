import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from glsmed.shared.errors import DataError, NetworkError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.initial_weights import fit_weights, read_weights
from glsmed.shared.networks.parts import head_names
from tests.shared.networks.small_timm import FAMILIES, SIZE_PX, small_timm

Weights = dict[str, Tensor]


def weights_of(model: nn.Module) -> Weights:
    return {name: value.clone() for name, value in model.state_dict().items()}


def refusal(model: nn.Module, weights: Mapping[str, Tensor]) -> str:
    before = weights_of(model)
    with pytest.raises(NetworkError, match=r"^file does not fit the study's network: ") as caught:
        fit_weights(model, weights, source="file")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    return str(caught.value)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_of_an_earlier_study_come_back_bit_by_bit_but_for_the_head(family: str) -> None:
    source, model = small_timm(family, seed=1, n_findings=5), small_timm(family, seed=2)
    head = {name: value.clone() for name, value in model.state_dict().items() if name in head_names(model)}
    fit_weights(model, weights_of(source), source="file")
    for name, value in model.state_dict().items():
        assert torch.equal(value, head[name] if name in head else source.state_dict()[name])


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_convnext", "test_vit"])
def test_a_network_of_colours_says_the_same_of_grey_images(name: str) -> None:
    """The features of an image whose three channels are equal, with the statistics that BatchNorm has in use."""
    size: dict[str, Any] = {"img_size": SIZE_PX} if "vit" in name else {}
    reference = timm.create_model(name, num_classes=0, **size).eval()
    for module in reference.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.get_buffer("running_mean").uniform_(-0.3, 0.3)
            module.get_buffer("running_var").uniform_(0.5, 2)
    model = build_model(f"timm/{name}", n_findings=2, seed=3, image_size_px=SIZE_PX).eval()
    fit_weights(model, reference.state_dict(), source="file")
    images = torch.randn(2, 1, SIZE_PX, SIZE_PX, generator=torch.Generator().manual_seed(0))
    seen: list[Tensor] = []
    next(m for m in reversed(list(model.modules())) if isinstance(m, nn.Linear)).register_forward_pre_hook(
        lambda _module, inputs: seen.append(inputs[0])
    )
    with torch.no_grad():
        model(images)
        expected = reference(images.expand(-1, 3, -1, -1))
    assert torch.allclose(seen[0], expected, atol=1e-4)


def test_positions_of_another_size_are_interpolated() -> None:
    source = build_model("timm/test_vit", n_findings=1, seed=1, image_size_px=64)
    model = build_model("timm/test_vit", n_findings=1, seed=2, image_size_px=96)
    fit_weights(model, weights_of(source), source="file")
    small, large = (each.get_parameter("pos_embed").detach() for each in (source, model))
    assert torch.equal(small[:, 0], large[:, 0])
    assert float(large[:, 1:].mean()) == pytest.approx(float(small[:, 1:].mean()), abs=1e-3)


@pytest.mark.parametrize("prefix", ["module.", "backbone.", "module.student.backbone."])
def test_prefixes_of_training_frameworks_are_taken_off(prefix: str) -> None:
    source, model = small_timm("convnext", seed=1), small_timm("convnext", seed=2)
    beside = {"projector.0.weight": torch.zeros(3, 3), "epoch": torch.zeros(())}
    named = {prefix + name: value for name, value in source.state_dict().items()}
    fit_weights(model, {**named, **beside}, source="file")
    assert torch.equal(model.state_dict()["stem.0.weight"], source.state_dict()["stem.0.weight"])


def test_half_precision_becomes_whole() -> None:
    source, model = small_timm("vit", seed=1), small_timm("vit", seed=2)
    fit_weights(model, {name: value.half() for name, value in source.state_dict().items()}, source="file")
    assert model.get_parameter("cls_token").dtype == torch.float32
    assert torch.equal(model.get_parameter("cls_token"), source.get_parameter("cls_token").half().float())


def test_what_is_missing_unexpected_or_of_another_shape_is_named() -> None:
    model = build_model("resnet10", n_findings=2, seed=0)
    weights = weights_of(build_model("resnet10", n_findings=2, seed=1))
    del weights["bn1.weight"]
    weights["layer1.1.conv1.weight"] = torch.zeros(64, 64, 3, 3)
    weights["layer4.0.bn2.bias"] = torch.zeros(7)
    weights["layer2.0.bn1.bias"][3] = torch.nan
    said = refusal(model, weights)
    assert "missing bn1.weight" in said
    assert "unexpected layer1.1.conv1.weight" in said
    assert "of another shape layer4.0.bn2.bias (expected (512,), got (7,))" in said
    assert "not finite layer2.0.bn1.bias" in said


def test_a_deeper_network_is_not_cut_to_size() -> None:
    """All names and shapes of resnet10 are in resnet18 too."""
    said = refusal(
        build_model("resnet10", n_findings=2, seed=0), build_model("resnet18", n_findings=2, seed=0).state_dict()
    )
    assert "unexpected layer1.1.conv1.weight, " in said
    assert "and 19 more" in said


def test_batch_statistics_do_not_go_into_a_network_with_group_norm() -> None:
    reference = timm.create_model("resnet18", num_classes=2)
    said = refusal(build_model("resnet18", n_findings=2, seed=0), reference.state_dict())
    assert "unexpected bn1.running_mean" in said
    assert "timm's network of that name takes and freezes" in said


def test_weights_of_something_else_are_refused() -> None:
    assert "missing" in refusal(small_timm("vit"), {"embedding": torch.zeros(3)})


def saved(folder: Path) -> tuple[Path, str]:
    path = folder / "weights.safetensors"
    save_file({"a": torch.arange(3.0)}, path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_with_the_hash_of_the_study_is_read(tmp_path: Path) -> None:
    path, digest = saved(tmp_path)
    assert read_weights(path, sha256=digest)["a"].tolist() == [0, 1, 2]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path, digest = saved(tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"expected the initial weights with SHA-256 {digest[:12]}…, got "):
        read_weights(path, sha256=digest)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.safetensors: no such file: put the weights .* beside study\.yaml"):
        read_weights(tmp_path / "none.safetensors", sha256="0" * 64)


def test_a_torch_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    torch.save({"a": torch.zeros(2)}, path)
    with pytest.raises(DataError, match="`flwr-server weights convert` makes one"):
        read_weights(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
