from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glsmed.client.data.pictures.raster_picture import raster_picture

Film = NDArray[np.uint16]


def shown(path: Path, pixels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    Image.fromarray(pixels).save(path)
    return np.asarray(raster_picture(path.read_bytes(), size_px=200))


@pytest.mark.parametrize("hot", [1, 30])
def test_hot_pixels_of_a_deep_png_do_not_flatten_it(tmp_path: Path, film: Film, hot: int) -> None:
    spoiled = film.copy()
    spoiled.ravel()[np.random.default_rng(2).choice(film.size, hot, replace=False)] = 65_535
    kept = spoiled < 65_535
    greys = shown(tmp_path / "a.png", spoiled)[kept]
    assert len(np.unique(greys)) > 150
    assert np.corrcoef(greys, film[kept])[0, 1] > 0.98


def test_a_white_border_of_a_deep_png_does_not_flatten_it(tmp_path: Path, film: Film) -> None:
    framed = film.copy()
    framed[:15], framed[-15:] = 65_535, 65_535
    greys = shown(tmp_path / "a.png", framed)[15:-15]
    assert len(np.unique(greys)) > 150
    assert np.corrcoef(greys.ravel(), film[15:-15].ravel())[0, 1] > 0.98


def test_eight_bits_stay_as_they_are(tmp_path: Path) -> None:
    faint = np.arange(100, 120, dtype=np.uint8).repeat(20).reshape(20, 20)
    Image.fromarray(faint).save(tmp_path / "a.png")
    assert np.array_equal(np.asarray(raster_picture((tmp_path / "a.png").read_bytes(), size_px=200)), faint)
