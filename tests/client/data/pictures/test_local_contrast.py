import numpy as np
import pytest

from glsmed.client.data.pictures.local_contrast import equalize_locally


def test_faint_structure_is_lifted_and_its_direction_stays() -> None:
    wave = np.sin(np.arange(64) / 4)
    picture = np.tile(100 + 10 * wave, (64, 1)).astype(np.uint8)
    lifted = equalize_locally(picture)
    assert lifted.std() > 1.5 * picture.std()
    assert np.corrcoef(lifted.ravel(), picture.ravel())[0, 1] > 0.95


def test_noise_is_lifted_within_limits() -> None:
    """The clip limit: plain equalization would spread a faint noise over the whole scale, with a deviation above 70."""
    picture = np.random.default_rng(0).normal(128, 1.5, (64, 64)).round().astype(np.uint8)
    assert equalize_locally(picture).std() < 15


def test_tiles_leave_no_edges() -> None:
    picture = np.tile(np.linspace(20, 230, 128), (128, 1)).astype(np.uint8)
    steps = np.abs(np.diff(equalize_locally(picture).astype(int), axis=0))
    assert steps.max() <= 2


@pytest.mark.parametrize("shape", [(64, 64), (64, 3), (1, 64), (9, 130)])
def test_any_shape_stays(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert equalize_locally(picture).shape == shape
