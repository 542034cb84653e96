"""A network with everything that stands around it: grey values go in, probabilities come out."""

import torch
from torch import Tensor, nn

from glsmed.shared.pixels import to_pixels


class PortableModel(nn.Module):
    """From uint8 images ``(N, 1, S, S)`` to probabilities ``(N, K)`` float32.

    Args:
        network: from float images to logits ``(N, K)``.
        offset: ``(K,)`` added to the logits; None for nothing.
        calibration: from logits to probabilities; None for the sigmoid.
    """

    def __init__(
        self, network: nn.Module, *, offset: Tensor | None = None, calibration: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("offset", torch.zeros(()) if offset is None else offset)
        self.calibration = nn.Sigmoid() if calibration is None else calibration

    def forward(self, images: Tensor) -> Tensor:
        """The probabilities."""
        probabilities: Tensor = self.calibration(self.network(to_pixels(images)) + self.offset)
        return probabilities
