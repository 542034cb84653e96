import math

import pytest
import torch

from glsmed.client.training.steps.augmentation import augment, draw_affine, draw_contrast, is_active
from glsmed.shared.pixels import BLACK, to_pixels
from glsmed.shared.protocol.study import AugmentationSection

STILL = AugmentationSection(rotation_degrees=0, translation_fraction=0, scale_fraction=0, contrast_fraction=0)
SIDE = 16


def settings(**changes: object) -> AugmentationSection:
    return STILL.model_copy(update=changes)


def picture() -> torch.Tensor:
    """``(1, 1, 16, 16)`` without any symmetry."""
    return torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def drawn(section: AugmentationSection, *, count: int = 200, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return draw_affine(count, section, generator), draw_contrast(count, section, generator)


def test_nothing_switched_on_changes_nothing() -> None:
    affine, contrast = drawn(STILL, count=1)
    torch.testing.assert_close(augment(picture(), affine, contrast, outside=-2), picture())


@pytest.mark.parametrize(
    ("change", "active"), [({}, False), ({"horizontal_flip": True}, True), ({"rotation_degrees": 1}, True)]
)
def test_active_means_that_something_is_switched_on(change: dict[str, object], *, active: bool) -> None:
    assert is_active(settings(**change)) is active


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    turn = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    turned = augment(picture(), turn, torch.tensor([[1.0, 0.0]]), outside=-2)
    assert any(torch.allclose(turned, torch.rot90(picture(), times, (2, 3)), atol=1e-5) for times in (1, 3))


def test_half_of_the_images_are_mirrored_and_the_rest_stays() -> None:
    affine, _ = drawn(settings(horizontal_flip=True))
    mirrored = affine[:, 0, 0] < 0
    assert 70 < int(mirrored.sum()) < 130
    flat = torch.tensor([[1.0, 0.0]])
    torch.testing.assert_close(augment(picture(), affine[mirrored][:1], flat, outside=-2), picture().flip(3))
    torch.testing.assert_close(augment(picture(), affine[~mirrored][:1], flat, outside=-2), picture())


def test_a_shift_moves_by_a_share_of_the_side() -> None:
    affine, _ = drawn(settings(translation_fraction=0.25))
    shifts = affine[:, :, 2].abs()
    assert float(shifts.max()) <= 0.5  # affine_grid's side has length 2
    assert float(shifts.max()) > 0.45


def test_rotation_and_zoom_stay_within_their_limits() -> None:
    affine, _ = drawn(settings(rotation_degrees=10, scale_fraction=0.2))
    scales = affine[:, :, 0].square().sum(1).sqrt()
    angles = torch.atan2(affine[:, 1, 0], affine[:, 0, 0]).abs()
    assert float(scales.min()) >= 0.8
    assert float(scales.max()) <= 1.2
    assert math.radians(9) < float(angles.max()) <= math.radians(10)


def test_contrast_multiplies_and_brightness_adds() -> None:
    affine, _ = drawn(STILL, count=1)
    changed = augment(picture(), affine, torch.tensor([[1.1, -0.05]]), outside=-2)
    torch.testing.assert_close(changed, picture() * 1.1 - 0.05)


def test_what_comes_in_from_outside_is_black() -> None:
    half_left = torch.tensor([[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])
    white = to_pixels(torch.full((1, 1, SIDE, SIDE), 255, dtype=torch.uint8))
    moved = augment(white, half_left, torch.tensor([[1.0, 0.0]]), outside=BLACK)
    assert float(moved[..., : SIDE // 2].min()) == float(white.min())
    assert float(moved[..., SIDE // 2 + 1 :].max()) == float(to_pixels(torch.zeros(1, dtype=torch.uint8)))


def test_draws_follow_from_the_seed_alone() -> None:
    section = AugmentationSection(horizontal_flip=True)
    for first, second in zip(drawn(section, seed=5), drawn(section, seed=5), strict=True):
        assert torch.equal(first, second)
    assert not torch.equal(drawn(section, seed=5)[0], drawn(section, seed=6)[0])
