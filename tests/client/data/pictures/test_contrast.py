import numpy as np
import pytest

from glsmed.client.data.pictures.contrast import robust_range, sample_of, to_greys

RAMP = np.arange(1000, dtype=np.float32)


def test_one_pixel_in_two_hundred_is_cut_at_each_end() -> None:
    assert robust_range(RAMP) == pytest.approx((4.995, 994.005))


@pytest.mark.parametrize("far", [[50_000.0], [-50_000.0], [50_000.0] * 300, [-9000.0] * 200 + [50_000.0] * 200])
def test_values_beyond_a_wide_gap_do_not_count(far: list[float]) -> None:
    low, high = robust_range(np.concatenate([RAMP, np.array(far, dtype=np.float32)]))
    assert -1 <= low < 10
    assert 985 < high <= 1000


def test_most_of_the_values_are_never_left_out() -> None:
    low, high = robust_range(np.concatenate([RAMP, RAMP + 90_000]))
    assert (low, high) == pytest.approx((9.995, 90_989), rel=1e-3)


def test_two_greys_stay_two() -> None:
    assert robust_range(np.array([5.0] * 90 + [500.0] * 10, dtype=np.float32)) == (5, 500)


def test_one_grey_has_no_range() -> None:
    assert robust_range(np.full(50, 7, dtype=np.float32)) == (7, 7)
    assert to_greys(np.full(50, 7, dtype=np.float32), 7, 7).max() == 0


def test_a_range_the_other_way_round_inverts() -> None:
    assert to_greys(np.array([0, 5, 10, 20], np.float32), 10, 0).tolist() == [255, 128, 0, 0]


def test_a_sample_of_a_large_image_is_small_and_from_everywhere() -> None:
    rows = np.repeat(np.arange(2000, dtype=np.uint16)[:, None], 2000, axis=1)
    sample = sample_of(rows)
    assert 60_000 < sample.size < 90_000
    assert (sample.min(), sample.max() > 1990) == (0, True)
