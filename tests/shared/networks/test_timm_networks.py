import functools
import socket

import pytest
import timm
import torch
from torch import nn

from glsmed.shared.errors import NetworkError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.network_check import require_trainable
from tests.shared.networks.small_timm import FAMILIES, SIZE_PX, small_timm


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_makes_one_logit_per_finding_of_one_channel(family: str) -> None:
    model = small_timm(family)
    model.eval()
    with torch.no_grad():
        assert model(torch.zeros(2, 1, SIZE_PX, SIZE_PX)).shape == (2, 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_trained_by_several_hospitals(family: str) -> None:
    require_trainable(small_timm(family), image_size_px=SIZE_PX, name=family)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_follow_from_the_seed_and_nothing_else_is_touched(family: str) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, again, other = small_timm(family), small_timm(family), small_timm(family, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    pairs = zip(one.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(first, second) for first, second in pairs)
    assert any(
        not torch.equal(first, second)
        for first, second in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("size_px", [32, 64, 96])
def test_weights_that_depend_on_the_images_size_have_the_studys(size_px: int) -> None:
    model = build_model("timm/test_vit", n_findings=1, seed=0, image_size_px=size_px)
    assert model.get_parameter("pos_embed").shape[1] == (size_px // 16) ** 2 + 1
    with torch.no_grad():
        assert model(torch.zeros(1, 1, size_px, size_px)).shape == (1, 1)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_drawn_and_nothing_is_overwritten(family: str) -> None:
    kinds = {type(module).__name__ for module in small_timm(family).modules()}
    assert not {name for name in kinds if name.startswith(("Drop", "PatchDrop", "BatchNorm"))}
    assert not any(getattr(module, "inplace", False) for module in small_timm(family).modules())


def test_group_norm_is_torchs_own() -> None:
    norms = [m for m in small_timm("resnet_gn").modules() if isinstance(m, nn.GroupNorm)]
    assert norms
    assert {type(norm) for norm in norms} == {nn.GroupNorm}


def test_a_wrong_name_is_refused_with_the_nearest_right_one() -> None:
    with pytest.raises(NetworkError, match=r"has no network 'convnext_tyni'; did you mean 'convnext_tiny'\?"):
        build_model("timm/convnext_tyni", n_findings=1, seed=0)


def test_a_size_that_a_network_cannot_have_is_refused() -> None:
    model = build_model("timm/test_vit", n_findings=1, seed=0, image_size_px=33)
    with pytest.raises(NetworkError, match="images of 33 x 33 pixels do not pass through it: Input height"):
        require_trainable(model, image_size_px=33, name="timm/test_vit")


def test_what_timm_cannot_build_is_refused_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm, "create_model", functools.partial(timm.create_model, num_heads=7))
    with pytest.raises(NetworkError, match="timm/test_vit cannot be built for one channel of 32 x 32 pixels: "):
        build_model("timm/test_vit", n_findings=1, seed=0, image_size_px=32)


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    build_model("timm/test_convnext", n_findings=1, seed=0)
