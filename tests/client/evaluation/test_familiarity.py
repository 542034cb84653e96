import math

import numpy as np
import pytest
import torch
from sklearn.covariance import ShrunkCovariance  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.familiarity import Familiarity, learn_familiarity
from glsmed.client.evaluation.model_features import FeatureReader

CPU = torch.device("cpu")


class Corner(nn.Module):
    """A model whose features are the first pixels of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(6, 2)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.fc(images.flatten(1)[:, :6])
        return logits


def _examples(images: Tensor) -> Examples:
    cells = torch.zeros(len(images), 2)
    names = tuple(f"p{number}" for number in range(len(images)))
    return Examples(images, cells, cells, torch.full_like(cells, math.nan), names, ("effusion", "nodule"))


def _images(n: int, *, seed: int) -> Tensor:
    """Images whose features lie around one direction."""
    generator = torch.Generator().manual_seed(seed)
    return (200 + 20 * torch.randn(n, 1, 4, 4, generator=generator)).clamp(0, 255).byte()


def test_the_distance_is_mahalanobis_with_a_shrunk_covariance() -> None:
    training, new = _images(50, seed=0), _images(8, seed=1)
    with FeatureReader(Corner(), n_findings=2, device=CPU) as reader:
        learned = learn_familiarity(reader, _examples(training), _examples(_images(20, seed=2)))
        reference, features = (reader(part)[1].numpy() for part in (training, new))
        found = learned.distances(reader(new)[1])
    estimate = ShrunkCovariance(shrinkage=0.1).fit(reference)
    assert found.numpy() == pytest.approx(np.sqrt(estimate.mahalanobis(features) / 6), rel=0.01)


def test_ordinary_images_are_familiar_and_others_are_not() -> None:
    with FeatureReader(Corner(), n_findings=2, device=CPU) as reader:
        learned = learn_familiarity(reader, _examples(_images(200, seed=0)), _examples(_images(200, seed=1)))
        ordinary = learned.distances(reader(_images(200, seed=2))[1])
        other = learned.distances(reader(255 - _images(200, seed=3))[1])
    assert float((ordinary > learned.limit).float().mean()) <= 0.05
    assert float((other > learned.limit).float().mean()) == 1.0


def test_the_share_of_nearer_validation_images_is_told() -> None:
    learned = Familiarity.of(torch.eye(3), torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.zeros(4, 4))
    assert learned.farther_than(torch.tensor([0.05, 0.25, 9.0])).tolist() == [0.0, 0.5, 1.0]
    assert learned.limit == pytest.approx(0.4)


def test_fewer_images_than_features_and_features_that_never_vary_will_do() -> None:
    few = Familiarity.of(torch.ones(2, 5), torch.tensor([1.0]), torch.zeros(4, 4))
    assert bool(torch.isfinite(few.distances(torch.zeros(1, 5))).all())
