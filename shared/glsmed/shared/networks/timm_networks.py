"""Networks of timm, by name: for one channel, the study's image size and findings, and without anything random.

Nothing is downloaded: weights come from ``model.initial_weights`` alone.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import timm
from timm.layers.drop import DropBlock2d, DropPath
from timm.layers.norm import GroupNorm
from timm.layers.patch_dropout import PatchDropout
from timm.models.resnet import BasicBlock, Bottleneck
from torch import Tensor, nn

from glsmed.shared.errors import NetworkError
from glsmed.shared.files.documents import did_you_mean
from glsmed.shared.networks.frozen_norm import fold_batch_norms
from glsmed.shared.protocol.network_settings import TIMM_PREFIX

_RANDOM = (nn.modules.dropout._DropoutNd, DropPath, DropBlock2d, PatchDropout)


class _Never(nn.Identity):
    """What drops nothing, with the probability of that by the names under which timm asks for it."""

    p = drop_prob = prob = 0.0


def build_timm_network(name: str, *, n_findings: int, image_size_px: int) -> nn.Module:
    """A network of timm with weights from torch's global random state; batch statistics are folded.

    Raises:
        NetworkError: timm has no such network, or it cannot be built for this size.
    """
    known = timm.list_models()
    if name not in known:
        raise NetworkError(f"timm {timm.__version__} has no network {name!r}{did_you_mean(name, known)}")
    try:
        model: nn.Module = timm.create_model(
            name, pretrained=False, in_chans=1, num_classes=n_findings, **_size(name, image_size_px)
        )
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise NetworkError(
            f"{TIMM_PREFIX}{name} cannot be built for one channel of {image_size_px} x {image_size_px} pixels: {error}"
        ) from None
    fold_batch_norms(model)
    _remove_chance(model)
    _take_torchs_group_norm(model)
    _add_out_of_place(model)
    return model


def _size(name: str, image_size_px: int) -> dict[str, Any]:
    """What a network whose weights depend on the image's size has to be told."""
    known = timm.get_pretrained_cfg(name)
    return {"img_size": image_size_px} if known is not None and known.fixed_input_size else {}


def _remove_chance(model: nn.Module) -> None:
    """Take dropout and stochastic depth out: a round has to be the same when it is repeated."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, _RANDOM):
                setattr(parent, name, _Never())


def _take_torchs_group_norm(model: nn.Module) -> None:
    """Put torch's own GroupNorm in the place of timm's, which computes the same: Opacus looks at the exact class."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is GroupNorm:
                plain = nn.GroupNorm(child.num_groups, child.num_channels, child.eps, affine=False)
                plain.affine, plain.weight, plain.bias = child.affine, child.weight, child.bias
                setattr(parent, name, plain)


class _Copy(nn.Module):
    """Hands out a copy, which may be changed in place."""

    def forward(self, x: Tensor) -> Tensor:
        """``x`` in memory of its own."""
        return x.clone()


def _add_out_of_place(model: nn.Module) -> None:
    """Timm's ResNets add in place to what a hook for per-sample gradients has seen: let them add to a copy."""
    for module in model.modules():
        if isinstance(module, BasicBlock | Bottleneck):
            module.drop_path = _Copy()


def head_of(model: nn.Module) -> tuple[str, ...]:
    """Names of the modules that make logits of features, of a network of timm; empty for another."""
    classifier = getattr(model, "pretrained_cfg", {}).get("classifier") or ()
    return (classifier,) if isinstance(classifier, str) else tuple(classifier)


def in_timms_form(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as the network's own module of timm reads them: original names, another image size.

    Positions and windows that belong to another size are interpolated.

    Raises:
        NetworkError: they cannot be brought into that form.
    """
    adapt: Any = getattr(import_module(type(model).__module__), "checkpoint_filter_fn", None)
    if adapt is None:
        return dict(weights)
    try:
        return dict(adapt(dict(weights), model))
    except (KeyError, IndexError, RuntimeError, ValueError, AttributeError, AssertionError) as error:
        raise NetworkError(
            f"the weights are not those of this network of timm: {type(error).__name__}: {error}"
        ) from None
