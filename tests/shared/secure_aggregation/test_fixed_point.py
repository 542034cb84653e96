from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.fixed_point import MODULUS, FixedPoint, weight_bits

NORM = 4.0


@pytest.mark.parametrize(("weight", "bits"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (1024, 10), (1025, 11)])
def test_the_bits_of_a_weight(weight: int, bits: int) -> None:
    assert weight_bits(weight) == bits


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 20), st.floats(1e-3, 500), st.data())
def test_a_sum_of_the_largest_values_does_not_wrap_around(
    sites: int, bits: int, norm: float, data: st.DataObject
) -> None:
    fixed = FixedPoint(sites, bits, norm)
    signs = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=3, max_size=3))
    change = fixed.clipped(np.array([norm * signs[0]], np.float32))[0]
    total = np.zeros(1, np.uint32)
    for _ in range(sites):
        total += fixed.encode(change, 2**bits)
    assert fixed.mean(total, sites * 2**bits)[0] == pytest.approx(change[0], rel=1e-5)
    assert sites * (Fraction(norm) * 2**fixed.scale_bits + 1) < MODULUS // 2


def test_one_bit_more_could_wrap_around() -> None:
    fixed = FixedPoint(3, 10, NORM)
    assert 3 * (NORM * 2 ** (fixed.scale_bits + 1) + 1) >= MODULUS // 2


def test_the_mean_is_exact_to_half_a_step_of_each_site() -> None:
    rng = np.random.default_rng(0)
    weights = [900, 17, 450]
    changes = [rng.normal(0, 0.02, 5000).astype(np.float32) for _ in weights]
    fixed = FixedPoint(3, 10, NORM)
    total = np.zeros(5000, np.uint32)
    for change, weight in zip(changes, weights, strict=True):
        total += fixed.encode(change, weight)
    expected = np.average(np.stack(changes).astype(np.float64), axis=0, weights=weights)
    error = np.abs(fixed.mean(total, sum(weights)) - expected).max()
    assert 0 < error <= fixed.step(sum(weights)) * (1 + 1e-6) + 1e-9


def test_a_longer_change_is_cut_to_the_bound_and_keeps_its_direction() -> None:
    change = np.array([30.0, 40.0], np.float32)
    clipped, norm = FixedPoint(3, 4, NORM).clipped(change)
    assert norm == pytest.approx(50)
    assert np.linalg.norm(clipped) <= NORM
    np.testing.assert_allclose(clipped, change * NORM / 50, rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(WireError, match="not finite"):
        FixedPoint(3, 4, NORM).clipped(np.array([value], np.float32))


def test_a_value_beyond_the_bound_is_refused_instead_of_wrapped_around() -> None:
    with pytest.raises(WireError, match="beyond its bound"):
        FixedPoint(3, 4, NORM).encode(np.array([2 * NORM], np.float32), 16)


@pytest.mark.parametrize("weight", [0, -1, 17])
def test_a_weight_out_of_range_is_refused(weight: int) -> None:
    with pytest.raises(WireError, match="expected 1 to 16"):
        FixedPoint(3, 4, NORM).encode(np.zeros(1, np.float32), weight)


def test_a_sum_with_a_mask_left_in_it_is_refused() -> None:
    left_over = np.random.default_rng(0).integers(0, MODULUS, 1000, dtype=np.uint32)
    with pytest.raises(WireError, match="not one of the study's changes"):
        FixedPoint(3, 4, NORM).mean(left_over, 20)


def test_too_many_sites_or_too_long_changes_are_refused() -> None:
    with pytest.raises(WireError, match=r"lower federation\.max_update_norm"):
        FixedPoint(3, 4, 1e9)
    with pytest.raises(WireError, match="do not fit into 32 bits"):
        FixedPoint(4, 31, NORM)
