from functools import partial

import numpy as np
import pytest
from sklearn.metrics import (  # type: ignore[import-untyped]  # scikit-learn ships no types
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

from glsmed.benchmarks.tables.paired_bootstrap import METRICS, Values, bootstrap_samples, interval_of


def _cases(n: int = 200, seed: int = 0, shift: float = 1.5) -> tuple[Values, Values]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.4).astype(float)
    score = rng.normal(size=n) + shift * (truth - 0.5)
    return np.round(1 / (1 + np.exp(-score)), 2), truth  # rounded, so that there are ties


def _counts(n: int) -> Values:
    return np.random.default_rng(1).multinomial(n, np.full(n, 1 / n), size=5).astype(float)


@pytest.mark.parametrize(
    ("name", "reference"),
    [("auroc", roc_auc_score), ("brier", brier_score_loss), ("log_loss", partial(log_loss, labels=[0, 1]))],
)
def test_each_sample_has_the_metric_of_its_repeated_cases(name: str, reference: object) -> None:
    probability, truth = _cases()
    counts = _counts(200)
    measured = METRICS[name](probability, truth, counts)
    assert callable(reference)
    for sample, value in zip(counts, measured, strict=True):
        rows = np.repeat(np.arange(200), sample.astype(int))
        assert value == pytest.approx(reference(truth[rows], probability[rows]), abs=1e-6)


def test_false_alerts_by_hand() -> None:
    probability = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    truth = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    once, twice = np.ones(6), np.array([1.0, 3.0, 1.0, 1.0, 0.0, 1.0])
    measured = METRICS["false_alerts_90"](probability, truth, np.stack([once, twice]))
    assert measured.tolist() == pytest.approx([100 * 2 / 6, 100 * 3 / 7])


def _samples(probability: Values, truth: Values, *, name: str = "auroc", draws: int = 400, seed: int = 0) -> Values:
    alike = np.zeros(len(truth), dtype=np.int64)
    return bootstrap_samples(probability[:, None], truth[:, None], METRICS[name], groups=alike, seed=seed, draws=draws)


def test_the_better_method_is_clear_of_zero_and_the_same_is_zero() -> None:
    cases = [_cases(seed=seed) for seed in range(4)]
    better = [_samples(probability, truth, seed=seed) for seed, (probability, truth) in enumerate(cases)]
    weak = [_cases(seed=seed, shift=0.2)[0] for seed in range(4)]
    worse = [_samples(one, truth, seed=seed) for seed, (one, (_, truth)) in enumerate(zip(weak, cases, strict=True))]
    interval = interval_of(better, worse)
    exact = [roc_auc_score(t, p) - roc_auc_score(t, w) for w, (p, t) in zip(weak, cases, strict=True)]
    assert interval.mean == pytest.approx(np.mean(exact))
    assert interval.low > 0
    assert interval.is_clear_of_zero
    same = interval_of(better, better)
    assert (same.low, same.mean, same.high) == (0, 0, 0)
    assert not same.is_clear_of_zero


def test_interval_is_about_two_standard_errors_to_either_side() -> None:
    """Brier differences of independent cases: the standard error is known."""
    rng = np.random.default_rng(3)
    truth = (rng.random(400) < 0.5).astype(float)
    first, second = rng.random(400), rng.random(400)
    each = (first - truth) ** 2 - (second - truth) ** 2
    pair = [_samples(one, truth, name="brier", draws=2000) for one in (first, second)]
    interval = interval_of([pair[0]], [pair[1]])
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * each.std() / 20, rel=0.1)


def test_cells_that_do_not_count_are_left_out() -> None:
    probability, truth = _cases()
    masked = np.where(np.arange(200) < 150, truth, np.nan)
    assert _samples(probability, masked)[0] == pytest.approx(roc_auc_score(truth[:150], probability[:150]))


def test_groups_are_measured_apart_and_a_group_of_one_class_is_left_out() -> None:
    probability, truth = _cases()
    truth[180:] = 1
    groups = np.repeat([0, 1, 2], [100, 80, 20])
    measured = bootstrap_samples(probability[:, None], truth[:, None], METRICS["auroc"], groups=groups, seed=0, draws=3)
    parts = [roc_auc_score(truth[groups == number], probability[groups == number]) for number in (0, 1)]
    assert measured[0] == pytest.approx(np.mean(parts))
