"""The shipped model at work: images in, numbers out, as fast as the network alone."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from glsmed.client.data.columns import Columns
from glsmed.client.evaluation.model_features import FeatureReader
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.settings.config import SiteConfig
from glsmed.client.training.devices import resolve_device

BATCH_SIZE = 64


@dataclass(frozen=True, slots=True)
class Scores(Columns):
    """What the model says of N images and K findings, on the CPU.

    Attributes:
        logits: ``(N, K)``, the site's offset included.
        probabilities: ``(N, K)`` after the site's output calibration.
        low, high: ``(N, K)``, NaN where a finding has no interval.
        alerts: ``(N, K)`` 1 or 0, NaN where a finding has no operating point.
        distances: ``(N,)`` from the site's training images; None where the model came without them.
    """

    logits: Tensor
    probabilities: Tensor
    low: Tensor
    high: Tensor
    alerts: Tensor
    distances: Tensor | None


class Predictor:
    """A shipped model on a device; a context, since it listens at the network's last layer.

    Args:
        shipped: the model.
        device: where it runs.
        sensitivity: of the operating points that alerts are raised by.
    """

    def __init__(self, shipped: ShippedModel, *, device: torch.device, sensitivity: float) -> None:
        self.shipped = shipped
        self._device = device
        self._reader = FeatureReader(shipped.model, n_findings=len(shipped.findings), device=device)
        self._familiarity = shipped.familiarity if shipped.familiarity is None else shipped.familiarity.on(device)
        self._thresholds = _thresholds(shipped, sensitivity)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, error, trace)

    def scores(self, images: Tensor) -> Scores:
        """The scores of uint8 images ``(N, 1, S, S)``, with N of at least 1."""
        logits, distances = [], []
        for batch in torch.split(images, BATCH_SIZE):
            of_batch, features = self._reader(batch)
            logits.append(of_batch)
            if self._familiarity is not None:
                distances.append(self._familiarity.distances(features))
        measured = torch.cat(distances).cpu() if distances else None
        return self._judged(torch.cat(logits).cpu() + self.shipped.offset, measured)

    def _judged(self, logits: Tensor, distances: Tensor | None) -> Scores:
        probabilities = self.shipped.output_calibration.probabilities(logits)
        low, high = torch.full_like(logits, torch.nan), torch.full_like(logits, torch.nan)
        for place, finding in enumerate(self.shipped.findings):
            if interval := self.shipped.intervals.get(finding):
                low[:, place], high[:, place] = interval.around(logits[:, place], probabilities[:, place])
        alerts = torch.where(torch.isnan(self._thresholds), torch.nan, (logits >= self._thresholds).float())
        return Scores(logits, probabilities, low, high, alerts, distances)


def site_predictor(shipped: ShippedModel, config: SiteConfig) -> Predictor:
    """A site's model at work on its device, with the site's threshold for alerts.

    Raises:
        UsageError: the device is not on this machine.
    """
    return Predictor(shipped, device=resolve_device(config.device), sensitivity=config.alert_sensitivity)


def _thresholds(shipped: ShippedModel, sensitivity: float) -> Tensor:
    """``(K,)`` logits, NaN where there is no operating point."""
    found = (
        None if finding not in shipped.operation else shipped.operation[finding].at(sensitivity)
        for finding in shipped.findings
    )
    return torch.tensor([torch.nan if point is None else point.logit for point in found])
