"""What a network computes just before its last layer: the features by which an image is compared with others."""

from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn

from glsmed.client.training.steps.memory_format import in_fastest_format, placed
from glsmed.shared.pixels import to_pixels

_FLAT = 2


class FeatureReader:
    """Gives logits and features of one forward pass; a context, since it listens at the network's last layer.

    Args:
        model: from images to ``n_findings`` logits; it is moved to the device.
        n_findings: K; the last linear layer with as many outputs is the one before which features are taken.
        device: where the model runs.

    Raises:
        ValueError: the network has no such layer.
    """

    def __init__(self, model: nn.Module, *, n_findings: int, device: torch.device) -> None:
        self._model = placed(model, device).eval()
        self._device = device
        self._features = torch.empty(0)
        self._handle = last_layer(model, n_findings=n_findings).register_forward_pre_hook(self._keep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.remove()

    @torch.no_grad()
    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``(n, K)`` without offset and features ``(n, D)`` of uint8 images ``(n, 1, S, S)``, on the device."""
        logits: Tensor = self._model(in_fastest_format(to_pixels(images.to(self._device, non_blocking=True))))
        return logits.float(), self._features.float()

    def _keep(self, _layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        features = inputs[0]
        self._features = features if features.dim() == _FLAT else features.flatten(1, -2).mean(1)


def last_layer(model: nn.Module, *, n_findings: int) -> nn.Linear:
    """The last linear layer with one output a finding.

    Raises:
        ValueError: there is none.
    """
    layers = [part for part in model.modules() if isinstance(part, nn.Linear) and part.out_features == n_findings]
    if not layers:
        raise ValueError(f"{type(model).__name__} has no linear layer with {n_findings} outputs at its end")
    return layers[-1]
