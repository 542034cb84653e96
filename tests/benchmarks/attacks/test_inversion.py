"""The search against a network of which is known what its gradient says, and the numbers against hand-worked ones."""

import math

import pytest
import torch
from torch import Tensor, nn

from glsmed.benchmarks.attacks.inversion import Search, inverted, labels_read, total_variation
from glsmed.benchmarks.attacks.inversion_picture import inversion_picture
from glsmed.benchmarks.attacks.inverted_updates import CONTROL, PRIVATE, SETTINGS, Inverted, inversion_markdown, psnr
from glsmed.shared.smoothing import soft_target_loss

SEARCH = Search(steps=120, length=0.1, smoothness=0.0, low=-2, high=2)
IMAGE = torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(3)) * 2 - 1
TARGETS = torch.tensor([[1.0, 0.0]])


def linear() -> nn.Module:
    """Its weights' gradient is what was said less the label, times the image: the image's direction is in it."""
    layer = nn.Linear(16, 2)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
    return nn.Sequential(nn.Flatten(), layer)


def update_of(model: nn.Module, images: Tensor, targets: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(soft_target_loss(model(images), targets), list(model.parameters())))


def test_the_image_of_one_step_is_found() -> None:
    model = linear()
    found = inverted(model, update_of(model, IMAGE, TARGETS), TARGETS, torch.zeros_like(IMAGE), SEARCH)
    assert float((found - IMAGE).abs().max()) < 0.05


def test_control_out_of_another_update_it_is_not() -> None:
    model = linear()
    found = inverted(model, update_of(model, -IMAGE, TARGETS), TARGETS, torch.zeros_like(IMAGE), SEARCH)
    assert float((found - IMAGE).abs().max()) > 0.5


@pytest.mark.parametrize("labels", [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
def test_the_labels_of_one_image_are_read_off_the_last_bias(labels: list[float]) -> None:
    targets = torch.tensor([labels])
    assert torch.equal(labels_read(update_of(linear(), IMAGE, targets)), targets[0] > 0)


def test_total_variation_by_hand() -> None:
    image = torch.tensor([[0.0, 1.0], [0.0, 4.0]])[None, None]
    assert float(total_variation(image)) == (0 + 3) / 2 + (1 + 4) / 2


def test_psnr_by_hand() -> None:
    """White is 4 above black in the units of ``to_pixels``; half of that everywhere is a quarter of the square."""
    alike = psnr(torch.zeros(1, 1, 2, 2), torch.stack([torch.full((1, 2, 2), 2.0), torch.full((1, 2, 2), 4.0)]))
    assert alike.tolist() == [[pytest.approx(20 * math.log10(2)), pytest.approx(0)]]


def _inverted(setting: str, *, seed: int, epsilon: float | None = None) -> Inverted:
    image = torch.linspace(0, 1, 16).reshape(4, 4)
    return Inverted(setting, seed, 20.0 + seed, 15.0, 5.0 + seed, 1.0, 0.75, epsilon, image, 1 - image)


def test_the_table_has_a_line_for_each_setting_that_was_measured() -> None:
    done = [_inverted(name, seed=seed) for name in SETTINGS if name != PRIVATE for seed in range(3)]
    lines = inversion_markdown([*done, _inverted(PRIVATE, seed=0, epsilon=7.5)]).splitlines()
    assert len(lines) == 2 + len(SETTINGS)
    assert lines[2] == (
        f"| {CONTROL} | 21.0 (20.0 to 22.0) | 15.0 (15.0 to 15.0) | +6.0 (+5.0 to +7.0) | 100 % (100 % to 100 %) "
        "| 75 % (75 % to 75 %) | – |"
    )
    assert lines[4].endswith("| 7.50 |")


def test_the_picture_is_a_small_png() -> None:
    picture = inversion_picture([_inverted(name, seed=0) for name in SETTINGS])
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 60_000
