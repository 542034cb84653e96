import math
from dataclasses import replace

import pytest
import torch
from sklearn.neighbors import NearestNeighbors  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.familiarity import NEIGHBOUR, Familiarity, learn_familiarity
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


def test_the_distance_is_that_to_the_fifth_nearest_training_image() -> None:
    training, new = _images(50, seed=0), _images(8, seed=1)
    with FeatureReader(Corner(), n_findings=2, device=CPU) as reader:
        learned = learn_familiarity(reader, _examples(training), _examples(_images(20, seed=2)))
        features = [nn.functional.normalize(reader(part)[1]) for part in (training, new)]
        found = learned.distances(reader(new)[1])
    expected = NearestNeighbors(n_neighbors=NEIGHBOUR).fit(features[0].numpy()).kneighbors(features[1].numpy())[0][:, -1]
    assert found.numpy() == pytest.approx(expected, abs=1e-3)


def test_ordinary_images_are_familiar_and_others_are_not() -> None:
    with FeatureReader(Corner(), n_findings=2, device=CPU) as reader:
        learned = learn_familiarity(reader, _examples(_images(200, seed=0)), _examples(_images(200, seed=1)))
        ordinary = learned.distances(reader(_images(200, seed=2))[1])
        other = learned.distances(reader(255 - _images(200, seed=3))[1])
    assert float((ordinary > learned.limit).float().mean()) <= 0.05
    assert float((other > learned.limit).float().mean()) == 1.0


def test_the_share_of_nearer_validation_images_is_told() -> None:
    learned = Familiarity(torch.eye(3), torch.tensor([0.1, 0.2, 0.3, 0.4]))
    assert learned.farther_than(torch.tensor([0.05, 0.25, 9.0])).tolist() == [0.0, 0.5, 1.0]
    assert learned.limit == pytest.approx(0.4)


def test_a_site_with_fewer_training_images_than_neighbours_has_distances_too() -> None:
    few = Familiarity(torch.eye(3), torch.tensor([1.0]))
    assert few.distances(torch.tensor([[1.0, 0.0, 0.0]])).tolist() == pytest.approx([math.sqrt(2)])
    assert replace(few).on(CPU).limit == 1.0
