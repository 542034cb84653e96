import numpy as np
import pytest
from scipy.optimize import brentq  # type: ignore[import-untyped]  # scipy ships no types
from scipy.special import expit, logit  # type: ignore[import-untyped]  # as above

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


@pytest.mark.parametrize("precision", [0.25, 1.0, 1e6])
@pytest.mark.parametrize("strength", [1.0, 1000.0])
@pytest.mark.parametrize(("mean", "observed"), [(0.98, 0.0), (0.02, 1.0), (0.5, 0.3), (0.5, 0.5)])
def test_the_shift_is_where_the_posterior_is_flat(
    mean: float, observed: float, strength: float, precision: float
) -> None:
    trials = 50.0
    weight = trials * strength / (trials + strength)
    expected = brentq(lambda shift: weight * (observed - expit(logit(mean) + shift)) - precision * shift, -50, 50)
    counts = (np.array([trials]), np.array([trials * observed]))
    place = np.zeros(1, dtype=np.intp)
    shift = family_shifts(np.array([mean]), np.array([strength]), place, counts, groups=1, precision=precision)
    assert float(shift[0]) == pytest.approx(expected, abs=1e-8)


def test_without_families_there_is_no_shift() -> None:
    none = np.empty(0)
    assert family_shifts(none, none, np.empty(0, dtype=np.intp), (none, none), groups=0, precision=1.0).shape == (0,)
