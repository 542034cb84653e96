"""The parts of a network: its head, its normalisation layers, and how deep each weight lies."""

import re
import sys

from torch import nn

from glsmed.shared.errors import NetworkError

_HEADS = ("fc", "classifier")  # as torchvision names them
_NORM_KIND = "Norm"  # torch's, timm's and our own layers have it in the name of their class
_STAGE = re.compile(r"(?:^|\.)(?:layer|denseblock|transition)(\d+)")  # as torchvision numbers them


def head_modules(model: nn.Module) -> tuple[str, ...]:
    """Names of the modules that make logits of features.

    Raises:
        NetworkError: the network has none.
    """
    named = tuple(name for name in _HEADS if hasattr(model, name))
    if _is_of_timm(model):
        from glsmed.shared.networks.timm_networks import head_of

        named = head_of(model)
    if not named:
        raise NetworkError("the network has no last layer by a name that is known: fc, classifier, or as timm has it")
    return named


def head_names(model: nn.Module) -> frozenset[str]:
    """Names of the head's weights."""
    prefixes = tuple(f"{name}." for name in head_modules(model))
    return frozenset(name for name in model.state_dict() if name.startswith(prefixes))


def norm_names(model: nn.Module) -> frozenset[str]:
    """Names of the weights of all normalisation layers, frozen ones among them."""
    return frozenset(
        f"{name}.{weight}" if name else weight
        for name, module in model.named_modules()
        if _NORM_KIND in type(module).__name__
        for weight, _ in module.named_parameters(recurse=False)
    )


def depths(model: nn.Module) -> dict[str, int]:
    """How deep each weight lies, from 0 at the input; the head is deepest."""
    if _is_of_timm(model):
        from timm.models import group_parameters

        groups = group_parameters(model, model.group_matcher(coarse=False), reverse=True)  # type: ignore[operator]  # timm's
        found = {name: int(group) for name, group in groups.items()}
    else:
        found = {name: _stage(name) for name, _ in model.named_parameters()}
    deepest, head = max(found.values()), head_names(model)
    return {name: deepest + 1 if name in head else depth for name, depth in found.items()}


def _stage(name: str) -> int:
    numbered = _STAGE.search(name)
    return 0 if numbered is None else int(numbered.group(1))


def _is_of_timm(model: nn.Module) -> bool:
    return "timm" in sys.modules and hasattr(model, "pretrained_cfg")
