import numpy as np
import pytest

from glsmed.server.strategies.rule import weighted_sum


def test_changes_count_by_their_factors() -> None:
    base, updates = np.array([1, 10], np.float32), np.array([[2, 10], [5, 14]], np.float32)
    assert weighted_sum(updates, base, np.array([0.5, 0.25])).tolist() == [1 + 0.5 + 1, 10 + 0 + 1]


@pytest.mark.parametrize("sites", [1, 3, 7, 32])
def test_the_error_is_that_of_float32(sites: int) -> None:
    rng = np.random.default_rng(sites)
    base = rng.standard_normal(5000, np.float32)
    updates = base + np.float32(0.01) * rng.standard_normal((sites, 5000), np.float32)
    weights = rng.random(sites)
    weights /= weights.sum()
    exact = weights @ updates.astype(np.float64)
    assert np.abs(weighted_sum(updates, base, weights) - exact).max() < 6e-7  # values up to 4: 2.4e-7 is one rounding


def test_what_nobody_changed_does_not_drift() -> None:
    """Weights of 1/7 in float32 do not add up to 1: 1,000 rounds would move a weight by 6e-5 of it."""
    base = np.full(4, 3.0, np.float32)
    merged = base
    for _ in range(1000):
        merged = weighted_sum(np.tile(merged, (7, 1)), merged, np.full(7, 1 / 7))
    assert np.abs(merged - base).max() < 3e-6
