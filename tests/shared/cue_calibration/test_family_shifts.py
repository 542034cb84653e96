import numpy as np
import pytest

from glsmed.shared.cue_calibration.family_shifts import family_shifts, shifted

FAMILY = np.array([0, 0, 1], dtype=np.intp)
MEAN, STRENGTH = np.array([0.3, 0.6, 0.5]), np.array([4.0, 4.0, 4.0])


def test_families_without_labels_stay() -> None:
    zero = np.zeros(3)
    np.testing.assert_array_equal(
        family_shifts(MEAN, STRENGTH, FAMILY, (zero, zero), groups=2, precision=1.0), [0.0, 0.0]
    )


def test_a_family_moves_alone_and_towards_its_labels() -> None:
    counts = (np.array([10.0, 0.0, 0.0]), np.array([9.0, 0.0, 0.0]))
    moved = family_shifts(MEAN, STRENGTH, FAMILY, counts, groups=2, precision=1.0)
    assert moved[0] > 0.5
    assert moved[1] == 0


def test_many_labels_of_one_cue_count_no_more_than_its_prior() -> None:
    def shift(trials: float) -> float:
        counts = (np.array([trials, 0.0, 0.0]), np.array([0.0, 0.0, 0.0]))
        return float(family_shifts(MEAN, STRENGTH, FAMILY, counts, groups=2, precision=1.0)[0])

    assert shift(1e6) == pytest.approx(shift(1e9), abs=1e-3)


def test_a_shift_adds_to_the_log_odds() -> None:
    assert float(shifted(np.array(0.5), np.array(np.log(3)))) == pytest.approx(0.75)
