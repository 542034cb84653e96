import numpy as np
import pytest
from scipy.stats import beta  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.shared.case.draws import DRAWS, clustered_share_draws, share_draws

ENDS = (2.5, 97.5)


def test_draws_of_a_share_are_jeffreys_interval() -> None:
    rows = share_draws(np.array([10.0, 3.0]), np.array([10.0, 40.0]), np.random.default_rng(0))
    assert rows.shape == (DRAWS + 1, 2)
    assert rows[0].tolist() == [1.0, 0.075]
    low, high = np.percentile(rows[1:, 1], ENDS)
    assert low == pytest.approx(beta.ppf(0.025, 3.5, 37.5), abs=0.01)
    assert high == pytest.approx(beta.ppf(0.975, 3.5, 37.5), abs=0.01)


def test_patients_with_many_examinations_count_as_patients() -> None:
    """Four examinations each, all alike: as little is known as of one each."""
    events = np.repeat([[4.0], [0.0]], [20, 60], axis=0)
    clustered = clustered_share_draws(events, np.full(80, 4.0), np.random.default_rng(0))
    single = clustered_share_draws(events / 4, np.ones(80), np.random.default_rng(0))
    assert clustered[0, 0] == single[0, 0] == 0.25
    assert clustered[1:].std() == pytest.approx(single[1:].std(), rel=0.1)
    independent = share_draws(np.array([80.0]), np.array([320.0]), np.random.default_rng(0))
    assert clustered[1:].std() > 1.7 * independent[1:].std()  # the control: half the error, were they independent


def test_a_finding_that_never_occurs_may_still_occur() -> None:
    rows = clustered_share_draws(np.zeros((50, 1)), np.ones(50), np.random.default_rng(0))
    assert rows[0, 0] == 0
    assert 0.01 < np.percentile(rows[1:], 97.5) < 0.08
