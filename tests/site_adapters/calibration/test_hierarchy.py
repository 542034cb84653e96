import numpy as np
import pytest
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]  # scipy ships no types
from scipy.special import expit, logit  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.site_adapters.calibration.hierarchy import Counts, Priors, Strengths, counted, posterior, table

NO_FAMILY_SHIFT = 1e12
ALIKE = 1e12


def priors(*means: float, strength: float = 4.0) -> Priors:
    """Cues of one family."""
    cues = tuple(f"cue{place}" for place in range(len(means)))
    family = np.zeros(len(means), dtype=np.intp)
    return Priors(cues, ("doubt",), np.array(means), np.full(len(means), strength), family)


def counts(trials: list[list[float]], successes: list[list[float]]) -> Counts:
    """Labels that weigh the same."""
    tried, true = np.array(trials, dtype=np.float64), np.array(successes, dtype=np.float64)
    return Counts(tried, true, tried.sum(1), true.sum(1))


def test_without_labels_the_priors_stay() -> None:
    zero = [[0.0] * 3] * 2
    result = posterior(priors(0.3, 0.7), counts(zero, zero), Strengths(1, 1, 32))
    np.testing.assert_allclose(result.cue_mean, [0.3, 0.7])
    np.testing.assert_allclose(result.mean, [[0.3] * 3, [0.7] * 3])


def test_a_cue_is_a_beta_distribution_updated_by_its_labels() -> None:
    result = posterior(priors(0.25), counts([[10]], [[7]]), Strengths(NO_FAMILY_SHIFT, 2.0, ALIKE))
    assert result.cue_mean[0] == pytest.approx((2 * 4 * 0.25 + 7) / (2 * 4 + 10))
    assert result.cue_strength[0] == pytest.approx(18)


def test_a_finding_is_drawn_towards_its_cue() -> None:
    result = posterior(priors(0.5), counts([[8, 0]], [[8, 0]]), Strengths(NO_FAMILY_SHIFT, 1.0, 16.0))
    cue = (2 + 8) / 12
    np.testing.assert_allclose(result.mean[0], [(16 * cue + 8) / 24, cue])
    shared = 1 / (1 / 12 + 1 / 16)
    np.testing.assert_allclose(result.strength[0], [shared + 8, shared])


def test_a_familys_shift_is_the_most_likely_one() -> None:
    means, trials, successes = np.array([0.3, 0.6]), np.array([20.0, 5.0]), np.array([2.0, 1.0])
    weight = trials * 4 / (trials + 4)

    def loss(shift: float) -> float:
        p = expit(logit(means) + shift)
        share = successes / trials
        fit = weight * (share * np.log(p) + (1 - share) * np.log(1 - p))
        return float(-fit.sum() + 0.5 * 1.5 * shift**2)

    expected = minimize_scalar(loss).x
    result = posterior(priors(0.3, 0.6), counts([[20.0], [5.0]], [[2.0], [1.0]]), Strengths(1.5, 1.0, ALIKE))
    assert result.shift[0] == pytest.approx(expected, abs=1e-5)


def test_a_cue_without_labels_follows_its_family() -> None:
    result = posterior(priors(0.5, 0.5), counts([[40], [0]], [[0], [0]]), Strengths(0.25, 1.0, ALIKE))
    assert result.cue_mean[1] < 0.25


def test_a_table_sums_weights_by_row_and_column() -> None:
    rows, columns = np.array([0, 1, 1], dtype=np.intp), np.array([2, 0, 0], dtype=np.intp)
    np.testing.assert_array_equal(table((2, 3), rows, columns, [1, 2, 3]), [[0, 0, 1], [5, 0, 0]])


def test_labels_that_weigh_the_same_count_one_each() -> None:
    where = (np.array([0, 0, 1], dtype=np.intp), np.array([0, 1, 1], dtype=np.intp))
    result = counted((2, 2), where, np.array([1.0, 0.0, 1.0]), np.full(3, 0.7))
    np.testing.assert_allclose(result.trials, [[1, 1], [0, 1]])
    np.testing.assert_allclose(result.cue_trials, [2, 1])
    np.testing.assert_allclose(result.cue_successes, [1, 1])


def test_weighted_labels_have_their_weighted_mean_and_count_less() -> None:
    where = (np.zeros(3, dtype=np.intp), np.array([0, 0, 1], dtype=np.intp))
    result = counted((1, 2), where, np.array([1.0, 0.0, 1.0]), np.array([3.0, 1.0, 0.0]))
    effective = (3 + 1) ** 2 / (3**2 + 1**2)  # Kish
    np.testing.assert_allclose(result.trials, [[effective, 0]])
    np.testing.assert_allclose(result.cue_trials, [effective])
    np.testing.assert_allclose(result.cue_successes / result.cue_trials, [3 / 4])


def test_a_cue_is_the_mean_over_its_cells_not_over_the_findings_that_were_asked_most() -> None:
    where = (np.zeros(12, dtype=np.intp), np.array([0] * 10 + [1] * 2, dtype=np.intp))
    success, weight = np.array([1.0] * 10 + [0.0] * 2), np.array([0.1] * 10 + [5.0] * 2)
    result = counted((1, 2), where, success, weight)
    assert result.cue_successes[0] / result.cue_trials[0] == pytest.approx(1 / 11)
