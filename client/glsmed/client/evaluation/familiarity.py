"""How far an image is from those that the model has learned from: the Mahalanobis distance among its features.

The features before the network's last layer, of up to 2000 training images of the site, have a mean and a covariance
(Lee et al., NeurIPS 2018, without their classes, since findings overlap). The covariance is shrunk by a tenth towards
equal variances, so that few images suffice. An image is unfamiliar if its distance is beyond that of 99 % of the site's
validation images, so about one ordinary image in a hundred is; with fewer than a hundred, if it is beyond them all.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.model_features import FeatureReader

MOST_REFERENCES = 2000
ORDINARY_SHARE = 0.99
_SHRINKAGE = 0.1
_SMALLEST_VARIANCE = 1e-8
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Familiarity:
    """What images are compared with.

    Attributes:
        reference: ``(M, D)`` features of training images.
        ordinary: ``(V,)`` distances of the validation images, rising.
        average: ``(S, S)`` float32 in 0 to 255, the mean of the same training images.
        mean: ``(D,)`` of the reference.
        whitening: ``(D, D)`` turns a difference of features into one of unit variance in every direction.
    """

    reference: Tensor
    ordinary: Tensor
    average: Tensor
    mean: Tensor
    whitening: Tensor

    @classmethod
    def of(cls, reference: Tensor, ordinary: Tensor, average: Tensor) -> Self:
        """With mean and whitening of the reference."""
        mean = reference.mean(0)
        return cls(reference, ordinary, average, mean, _whitening(reference - mean))

    @property
    def limit(self) -> float:
        """The distance beyond which an image is unfamiliar."""
        return float(torch.quantile(self.ordinary, ORDINARY_SHARE, interpolation="higher"))

    def on(self, device: torch.device) -> "Familiarity":
        """The same on a device, where distances are then computed."""
        return Familiarity(self.reference, self.ordinary, self.average, self.mean.to(device), self.whitening.to(device))

    def distances(self, features: Tensor) -> Tensor:
        """``(n,)`` distances of features ``(n, D)`` on the same device; about 1 for a training image."""
        return ((features - self.mean) @ self.whitening.T).square().mean(1).sqrt()

    def farther_than(self, distances: Tensor) -> Tensor:
        """``(n,)`` the share of validation images whose distance is smaller."""
        return torch.searchsorted(self.ordinary, distances.contiguous()) / len(self.ordinary)


def learn_familiarity(reader: FeatureReader, training: Examples, validation: Examples) -> Familiarity:
    """The training features and the validation distances of a site."""
    chosen = torch.linspace(0, len(training) - 1, min(MOST_REFERENCES, len(training))).round().long()
    images = training.images[chosen]
    reference = _features(reader, images).half().float()  # as they are kept
    learned = Familiarity.of(reference, torch.zeros(1), images[:, 0].float().mean(0))
    distances = learned.distances(_features(reader, validation.images)).sort().values
    return Familiarity(learned.reference, distances, learned.average, learned.mean, learned.whitening)


def _features(reader: FeatureReader, images: Tensor) -> Tensor:
    return torch.cat([reader(part)[1].cpu() for part in torch.split(images, _BATCH)])


def _whitening(differences: Tensor) -> Tensor:
    covariance = differences.T @ differences / len(differences)
    size = len(covariance)
    even = covariance.diagonal().mean().clamp_min(_SMALLEST_VARIANCE) * torch.eye(size)
    factor = torch.linalg.cholesky((1 - _SHRINKAGE) * covariance + _SHRINKAGE * even)
    whitening: Tensor = torch.linalg.solve_triangular(factor, torch.eye(size), upper=False)
    return whitening
