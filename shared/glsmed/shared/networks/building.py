"""A network by its name, freshly initialised: one input channel, one logit per finding."""

import torch
from torch import nn

from glsmed.shared.networks.group_norm_networks import build_group_norm_network
from glsmed.shared.protocol.network_settings import DEFAULT_IMAGE_SIZE_PX, TIMM_PREFIX


def build_model(
    architecture: str, *, n_findings: int, seed: int, image_size_px: int = DEFAULT_IMAGE_SIZE_PX
) -> nn.Module:
    """A freshly initialised network from ``(N, 1, S, S)`` float images to ``(N, n_findings)`` logits.

    A network of timm with batch statistics has them folded: see ``initial_model`` for when it can be trained.

    Args:
        architecture: one of ``ARCHITECTURES``, or ``timm/`` and the name of a network of timm.
        n_findings: number of outputs.
        seed: of the initial weights; the global random state is left as it was.
        image_size_px: S, for networks whose weights depend on it.

    Raises:
        ValueError: the architecture is unknown.
        NetworkError: timm has no such network, or it cannot be built for this size.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if architecture.startswith(TIMM_PREFIX):
            from glsmed.shared.networks.timm_networks import build_timm_network  # here: takes seconds

            name = architecture.removeprefix(TIMM_PREFIX)
            model = build_timm_network(name, n_findings=n_findings, image_size_px=image_size_px)
        else:
            model = build_group_norm_network(architecture, n_findings=n_findings)
    _stop_in_place(model)
    return model


def _stop_in_place(model: nn.Module) -> None:
    """In-place activations break the hooks that per-sample gradients need."""
    for module in model.modules():
        if getattr(module, "inplace", False) is True:
            module.inplace = False  # type: ignore[assignment]  # a flag, as the line before has seen
