import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve  # type: ignore[import-untyped]  # scikit-learn ships no types
from torchmetrics.functional.classification import binary_calibration_error

from glsmed.shared.metrics.calibration_error import (
    bin_sums,
    equal_mass_bins,
    equal_mass_calibration_error,
    equal_width_bins,
    expected_calibration_error,
)

RNG = np.random.default_rng(5)
P = RNG.uniform(size=600)
Y = (RNG.uniform(size=600) < P**2).astype(float)


def test_error_in_bins_of_equal_width_is_that_of_torchmetrics() -> None:
    expected = float(binary_calibration_error(torch.from_numpy(P), torch.from_numpy(Y).long(), n_bins=15, norm="l1"))
    assert expected_calibration_error(P, Y) == pytest.approx(expected, abs=1e-6)


def test_error_in_bins_of_equal_mass_is_that_of_scikit_learns_quantile_bins() -> None:
    was, said = calibration_curve(Y, P, n_bins=15, strategy="quantile")
    assert equal_mass_calibration_error(P, Y) == pytest.approx(float(np.abs(was - said).mean()), abs=1e-9)


def test_error_by_hand() -> None:
    probability, truth = [0.05, 0.15, 0.9, 0.8], [0, 1, 1, 1]
    assert expected_calibration_error(probability, truth, bins=2) == pytest.approx((0.8 + 0.3) / 4)


def test_equal_probabilities_share_a_bin_whatever_their_order() -> None:
    assert equal_mass_calibration_error(np.full(100, 0.5), np.repeat([0.0, 1.0], 50)) == 0


@pytest.mark.parametrize(("probability", "place"), [(0.0, 0), (0.0999, 0), (0.1, 1), (0.95, 9), (1.0, 9)])
def test_a_bin_of_equal_width_holds_its_lower_edge_and_the_last_one_holds_1(probability: float, place: int) -> None:
    assert equal_width_bins([probability], bins=10).tolist() == [place]


def test_bins_of_equal_mass_are_equally_full() -> None:
    assert np.bincount(equal_mass_bins(P, bins=15)).tolist() == [40] * 15


def test_sums_of_two_sites_add_up() -> None:
    place = equal_width_bins(P, bins=15)
    parts = [bin_sums(place[rows], P[rows], Y[rows], bins=15) for rows in (slice(100), slice(100, None))]
    assert sum(parts) == pytest.approx(bin_sums(place, P, Y, bins=15))


def test_the_module_loads_without_torch() -> None:
    program = "import sys, glsmed.shared.metrics.calibration_error; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_probability_that_is_not_a_number_makes_the_error_one_too() -> None:
    probability, truth = np.array([0.2, np.nan, 0.9]), np.array([0, 1, 1])
    assert np.isnan(expected_calibration_error(probability, truth))
