import itertools

import numpy as np
import pytest

from glsmed.server.strategies.sorting import comparisons, mean_of_middle


@pytest.mark.parametrize("count", range(1, 11))
def test_the_network_sorts(count: int) -> None:
    """A network that sorts all sequences of 0 and 1 sorts everything (Knuth, TAOCP 3, theorem 5.3.4Z)."""
    rows = np.array(list(itertools.product((0, 1), repeat=count))).T
    for first, second in comparisons(count):
        rows[[first, second]] = np.minimum(rows[first], rows[second]), np.maximum(rows[first], rows[second])
    assert (np.diff(rows, axis=0) >= 0).all()


@pytest.mark.parametrize(("sites", "left_out"), [(1, 0), (3, 1), (8, 3), (33, 10)])
def test_the_middle_is_that_of_a_full_sort(sites: int, left_out: int) -> None:
    updates = np.random.default_rng(0).standard_normal((sites, 40_000), np.float32)
    before = updates.copy()
    expected = np.sort(updates, axis=0)[left_out : sites - left_out].mean(0)
    assert np.allclose(mean_of_middle(updates, left_out=left_out), expected, atol=1e-6)
    assert (updates == before).all()
