from statistics import NormalDist

import numpy as np
import pytest

from glsmed.server.reporting.auroc_interval import auroc_interval
from glsmed.shared.metrics.auroc_error import hanley_mcneil_error


def test_the_standard_error_is_that_of_the_published_example() -> None:
    """Hanley and McNeil 1982, Table II: area 0.893 of 51 abnormal and 58 normal images, standard error 0.032."""
    assert hanley_mcneil_error(0.893, positives=51, negatives=58) == pytest.approx(0.032, abs=0.001)


def test_near_the_middle_the_interval_is_about_two_standard_errors_wide() -> None:
    found, error = (
        auroc_interval(0.7, positives=300, negatives=300),
        hanley_mcneil_error(0.7, positives=300, negatives=300),
    )
    assert (found.low, found.high) == pytest.approx((0.7 - 1.96 * error, 0.7 + 1.96 * error), abs=0.004)


@pytest.mark.parametrize(("auroc", "end"), [(1.0, "high"), (0.0, "low")])
def test_a_perfect_auroc_of_few_has_a_wide_interval(auroc: float, end: str) -> None:
    found = auroc_interval(auroc, positives=5, negatives=20)
    assert getattr(found, end) == auroc
    assert 0.1 < found.high - found.low < 0.6


@pytest.mark.parametrize("separation", [0.5, 1.5])
def test_about_95_of_100_intervals_hold_the_truth(separation: float) -> None:
    """Scores from two normal distributions, whose AUROC is known: the share of intervals that hold it."""
    rng, truth, trials = np.random.default_rng(1), NormalDist().cdf(separation / np.sqrt(2)), 600
    held = 0
    for _ in range(trials):
        positives, negatives = rng.normal(separation, 1, 30), rng.normal(0, 1, 70)
        auroc = float((positives[:, None] > negatives[None, :]).mean())
        found = auroc_interval(auroc, positives=30, negatives=70)
        held += found.low <= truth <= found.high
    assert 0.925 <= held / trials <= 0.985


@pytest.mark.parametrize(("auroc", "positives"), [(1.1, 5), (0.5, 0)])
def test_what_cannot_be_is_refused(auroc: float, positives: int) -> None:
    with pytest.raises(ValueError, match=r"expected an AUROC in \[0, 1\]"):
        auroc_interval(auroc, positives=positives, negatives=5)
