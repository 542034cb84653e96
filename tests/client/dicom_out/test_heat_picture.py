import numpy as np
import pytest

from glsmed.client.dicom_out.heat_picture import heat_picture

SIDE = 128
LINES = ("RESEARCH USE - NOT FOR DIAGNOSIS", "effusion: probability 0.81")
GREY = np.tile(np.arange(SIDE, dtype=np.uint8), (SIDE, 1))


def test_where_the_map_is_zero_the_radiograph_is_unchanged() -> None:
    picture = heat_picture(GREY, np.zeros((4, 4)), LINES)
    assert (picture[:SIDE] == GREY[..., None]).all()


def test_colour_stands_where_the_map_is_high_and_only_there() -> None:
    heat = np.zeros((SIDE, SIDE))
    heat[:40, :40] = 1
    picture = heat_picture(GREY, heat, LINES)[:SIDE].astype(int)
    coloured = np.ptp(picture, axis=-1) > 0
    assert coloured[5:35, 5:35].all()
    assert not coloured[60:, 60:].any()


def test_more_heat_is_more_colour() -> None:
    grey = np.zeros((SIDE, SIDE), np.uint8)
    sums = [int(heat_picture(grey, np.full((2, 2), value), LINES)[0, 0].sum()) for value in (0.0, 0.3, 0.6, 1.0)]
    assert sums == sorted(set(sums))


@pytest.mark.parametrize("side", [64, 1024])
def test_the_words_stand_below_and_none_is_cut_off(side: int) -> None:
    grey = np.zeros((side, side), np.uint8)
    picture = heat_picture(grey, np.zeros((2, 2)), LINES)
    legend = picture[side:]
    assert legend.shape[1:] == (side, 3)
    bar = max(12, side // 32)
    words = legend[bar:].max(axis=-1) > 128
    assert words.any()
    assert not words[:, -1].any()


@pytest.mark.parametrize("heat", [np.full((2, 2), 1.5), np.full((2, 2), -0.1), np.full((2, 2), np.nan), np.zeros(3)])
def test_a_map_that_leaves_zero_to_one_is_refused(heat: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    with pytest.raises(ValueError, match="expected a heat map"):
        heat_picture(GREY, heat, LINES)
