"""Small networks of each family of timm that hospitals would choose."""

import functools
from collections.abc import Mapping
from typing import Any

import pytest
import timm
from torch import nn

from glsmed.shared.networks.building import build_model

SIZE_PX = 32
_NAMES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "resnet_gn": ("resnet50_gn", {"layers": (1, 1, 1, 1), "channels": (64, 64, 64, 64)}),
    "frozen_resnet": ("test_resnet", {}),
    "frozen_densenet": ("densenet121", {"growth_rate": 8, "block_config": (2, 2)}),
    "frozen_efficientnet": ("test_efficientnet", {}),
    "efficientnet_gn": ("test_efficientnet_gn", {}),
    "convnext": ("test_convnext", {}),
    "vit": ("test_vit", {}),
    "swin": (
        "swin_tiny_patch4_window7_224",
        {"embed_dim": 24, "depths": (2, 1), "num_heads": (2, 2), "window_size": 4},
    ),
}
FAMILIES = tuple(_NAMES)


def small_timm(family: str, *, seed: int = 0, n_findings: int = 3) -> nn.Module:
    """A network of a family as a study would have it, but smaller."""
    name, smaller = _NAMES[family]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timm, "create_model", functools.partial(timm.create_model, **smaller))
        return build_model(f"timm/{name}", n_findings=n_findings, seed=seed, image_size_px=SIZE_PX)
