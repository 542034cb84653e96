"""The attack's arithmetic against made-up scores, of which it is known how far it can come."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.benchmarks.attacks.membership import Inferred, _auroc, hits_at, likelihood_ratios, membership_markdown


def _scores(shift: float, *, models: int = 40, patients: int = 300) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each patient has a mean of its own, which is higher by ``shift`` in models that have seen it."""
    rng = np.random.default_rng(0)
    seen = rng.random((models, patients)) < 0.5
    return rng.normal(size=patients) * 5 + shift * seen + rng.normal(size=(models, patients)), seen


def test_a_clear_shift_is_found_as_often_as_the_best_test_could() -> None:
    scores, seen = _scores(3.0)
    hits = hits_at(likelihood_ratios(scores, seen), seen, 0.01)
    best = 1 - 0.5 * math.erfc((3.0 - 2.326) / math.sqrt(2))  # two normal distributions three deviations apart
    assert hits == pytest.approx(best, abs=0.08)


def test_without_a_difference_nothing_is_found() -> None:
    scores, seen = _scores(0.0)
    ratios = likelihood_ratios(scores, seen)
    assert hits_at(ratios, seen, 0.01) == pytest.approx(0.01, abs=0.006)
    assert _auroc(ratios, seen) == pytest.approx(0.5, abs=0.02)


def test_whether_the_attacked_model_has_seen_a_patient_is_not_used() -> None:
    scores, seen = _scores(1.0)
    other = seen.copy()
    other[3] = ~other[3]
    assert np.array_equal(likelihood_ratios(scores, seen)[3], likelihood_ratios(scores, other)[3])


def test_the_attacks_auroc_is_that_of_another_implementation() -> None:
    scores, seen = _scores(1.0, models=8)
    ratios = likelihood_ratios(scores, seen)
    assert _auroc(ratios, seen) == pytest.approx(roc_auc_score(seen.ravel(), ratios.ravel()))


@pytest.mark.parametrize(("epsilon", "bound"), [(math.inf, 1.0), (1.0, 0.0272), (8.0, 0.99967), (0.0, 0.01001)])
def test_the_bound_is_that_of_epsilon_and_delta(epsilon: float, bound: float) -> None:
    assert Inferred("", 0, epsilon, 0.0, 0.5).bound == pytest.approx(bound, abs=1e-4)


def test_the_table_has_a_line_for_each_setting() -> None:
    done = [Inferred("epsilon 1", seed, 0.99, 0.01 * (1 + seed), 0.5) for seed in range(3)]
    assert membership_markdown(done).splitlines()[2] == (
        "| epsilon 1 | 0.99 | 2.0 (1.0 to 3.0) % | 2.7 % | 0.500 (0.500 to 0.500) |"
    )
