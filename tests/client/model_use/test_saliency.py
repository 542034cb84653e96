"""Sanity checks of the maps (Adebayo et al., NeurIPS 2018) on networks that are trained within seconds."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr  # type: ignore[import-untyped]  # scipy ships no types
from torch import Tensor, nn

from glsmed.client.model_use.saliency import overlay, saliency_map
from glsmed.shared.pixels import to_pixels

SIDE = 32
SPOT = 3  # radius


def _network(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 5, padding=2),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 2),
    )


def _drawn(n: int, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy bright fields; half of them with a spot: images, whether there is one, and where."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    place = random.integers(5, SIDE - 5, (n, 2))
    present = np.arange(n) % 2
    inside = (rows - place[:, :1, None]) ** 2 + (columns - place[:, 1:, None]) ** 2 <= SPOT**2
    field = 110 + 40 * (columns[None] / SIDE) + random.normal(0, 12, (n, SIDE, SIDE))
    images = np.clip(field + 60 * inside * present[:, None, None], 0, 255).astype(np.uint8)
    return torch.from_numpy(images)[:, None], torch.from_numpy(present).float(), torch.from_numpy(inside)


@pytest.fixture(scope="module")
def trained() -> nn.Module:
    """A network whose first output is the spot, and the second its absence."""
    network, (images, present, _) = _network(0), _drawn(256, seed=0)
    targets = torch.stack([present, 1 - present], 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for step in range(150):
        rows = torch.arange(32) + 32 * (step % 8)
        loss = nn.functional.binary_cross_entropy_with_logits(network(to_pixels(images[rows])), targets[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
        optimizer.step()
    return network.eval()


def test_the_brightest_place_of_the_map_lies_on_the_finding(trained: nn.Module) -> None:
    images, present, inside = _drawn(40, seed=1)
    hits = []
    for image, spot in zip(images[present == 1], inside[present == 1], strict=True):
        brightest = saliency_map(trained, image[0].numpy(), place=0).argmax()
        hits.append(bool(spot.flatten()[brightest]))
    assert sum(hits) / len(hits) >= 0.8


def test_a_map_of_random_weights_is_another(trained: nn.Module) -> None:
    images, present, _ = _drawn(16, seed=2)
    fresh = _network(7).eval()
    likeness = []
    for image in images[present == 1]:
        maps = [saliency_map(network, image[0].numpy(), place=0).ravel() for network in (trained, fresh)]
        likeness.append(spearmanr(*maps).statistic)
    assert abs(float(np.mean(likeness))) < 0.4


def test_the_map_is_between_0_and_1_and_one_place_has_the_most(trained: nn.Module) -> None:
    values = saliency_map(trained, _drawn(2, seed=3)[0][1, 0].numpy(), place=0)
    assert values.shape == (SIDE, SIDE)
    assert float(values.min()) >= 0
    assert float(values.max()) == pytest.approx(1.0)


def test_where_nothing_raises_a_finding_the_map_is_empty() -> None:
    constant = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 1))
    nn.init.zeros_(constant[1].weight)  # type: ignore[arg-type]  # a module's attribute
    assert not saliency_map(constant.eval(), np.full((SIDE, SIDE), 90, np.uint8), place=0).any()


def test_an_overlay_colours_only_where_the_map_is_high() -> None:
    values = np.zeros((2, 2), np.float32)
    values[0, 0] = 1
    coloured = overlay(np.full((2, 2), 100, np.uint8), values)
    assert coloured[1, 1].tolist() == [100, 100, 100]
    red, green, blue = coloured[0, 0].tolist()
    assert red > green > blue
