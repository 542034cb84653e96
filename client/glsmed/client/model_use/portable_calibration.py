"""A site's output calibration as layers of a network, so that an exported graph gives the site's own probabilities."""

import torch
from torch import Tensor, nn

from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration


class PortableCalibration(nn.Module):
    """From logits ``(N, K)`` to the probabilities of an output calibration, in the same double precision.

    Args:
        calibration: the site's.
    """

    def __init__(self, calibration: OutputCalibration) -> None:
        super().__init__()
        curves = [calibration.curves.get(finding, FindingCalibration()) for finding in calibration.findings]
        self.curves = nn.ModuleList(_Steps(curve) if curve.knots else _Straight(curve) for curve in curves)

    def forward(self, logits: Tensor) -> Tensor:
        """The probabilities, float32."""
        columns = [curve(logits[:, place].double()) for place, curve in enumerate(self.curves)]
        return torch.stack(columns, dim=1).float()


class _Straight(nn.Module):
    """``sigmoid(slope z + intercept)``."""

    slope: Tensor
    intercept: Tensor

    def __init__(self, curve: FindingCalibration) -> None:
        super().__init__()
        self.register_buffer("slope", torch.tensor(curve.slope, dtype=torch.float64))
        self.register_buffer("intercept", torch.tensor(curve.intercept, dtype=torch.float64))

    def forward(self, logits: Tensor) -> Tensor:
        """Probabilities ``(N,)`` of logits ``(N,)``."""
        return torch.sigmoid(self.slope * logits + self.intercept)


class _Steps(nn.Module):
    """Straight lines between knots, constant outside: the first value and each line's share of its rise."""

    first: Tensor
    starts: Tensor
    widths: Tensor
    rises: Tensor

    def __init__(self, curve: FindingCalibration) -> None:
        super().__init__()
        places, values = torch.tensor(curve.knots, dtype=torch.float64).T
        widths = (places[1:] - places[:-1]).clamp_min(torch.finfo(torch.float64).tiny)
        self.register_buffer("first", values[0].clone())
        self.register_buffer("starts", places[:-1].clone())
        self.register_buffer("widths", widths)
        self.register_buffer("rises", values[1:] - values[:-1])

    def forward(self, logits: Tensor) -> Tensor:
        """Probabilities ``(N,)`` of logits ``(N,)``."""
        shares = ((logits[:, None] - self.starts) / self.widths).clamp(0, 1)
        return self.first + (shares * self.rises).sum(1)
