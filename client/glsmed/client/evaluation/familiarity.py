"""How far an image is from those that the model has learned from: the distance to near neighbours among its features.

Deep nearest neighbours (Sun et al., ICML 2022): the features before the network's last layer are brought to length 1;
an image's distance is that to the fifth nearest of up to 2000 training images of the site. An image is unfamiliar if
its distance is beyond that of 99 % of the site's validation images, so about one ordinary image in a hundred is.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.model_features import FeatureReader

MOST_REFERENCES = 2000
NEIGHBOUR = 5
ORDINARY_SHARE = 0.99
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Familiarity:
    """What images are compared with.

    Attributes:
        reference: ``(M, D)`` features of training images, of length 1.
        ordinary: ``(V,)`` distances of the validation images, rising.
    """

    reference: Tensor
    ordinary: Tensor

    @property
    def limit(self) -> float:
        """The distance beyond which an image is unfamiliar."""
        return float(torch.quantile(self.ordinary, ORDINARY_SHARE, interpolation="higher"))

    def on(self, device: torch.device) -> "Familiarity":
        """The same with its reference on a device, where distances are then computed."""
        return Familiarity(self.reference.to(device), self.ordinary)

    def distances(self, features: Tensor) -> Tensor:
        """``(n,)`` distances of features ``(n, D)`` on the same device, between 0 and 2."""
        return _distances(features, self.reference)

    def farther_than(self, distances: Tensor) -> Tensor:
        """``(n,)`` the share of validation images whose distance is smaller."""
        return torch.searchsorted(self.ordinary, distances.contiguous()) / len(self.ordinary)


def learn_familiarity(reader: FeatureReader, training: Examples, validation: Examples) -> Familiarity:
    """The training features and the validation distances of a site."""
    chosen = torch.linspace(0, len(training) - 1, min(MOST_REFERENCES, len(training))).round().long()
    reference = F.normalize(_features(reader, training.images[chosen]))
    distances = _distances(_features(reader, validation.images), reference)
    return Familiarity(reference, distances.sort().values)


def _features(reader: FeatureReader, images: Tensor) -> Tensor:
    return torch.cat([reader(part)[1].cpu() for part in torch.split(images, _BATCH)])


def _distances(features: Tensor, reference: Tensor) -> Tensor:
    likeness = F.normalize(features) @ reference.T
    nearest = likeness.topk(min(NEIGHBOUR, len(reference)), dim=1).values[:, -1]
    return (2 - 2 * nearest).clamp_min(0).sqrt()
