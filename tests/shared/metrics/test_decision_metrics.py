import pytest
import torch
from sklearn.metrics import roc_curve  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.shared.metrics.decision_metrics import (
    false_alert_rate,
    false_alerts_per_100,
    mean_net_benefit,
    miss_rate,
    net_benefit,
    net_benefit_of_all,
    threshold_at_sensitivity,
    worst_site_gap,
)

PROBABILITY = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
TRUTH = torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0])


@pytest.mark.parametrize(("sensitivity", "threshold"), [(0.2, 0.9), (0.6, 0.6), (0.61, 0.4), (0.8, 0.4), (1.0, 0.1)])
def test_threshold_by_hand(sensitivity: float, threshold: float) -> None:
    assert threshold_at_sensitivity(PROBABILITY, TRUTH, sensitivity) == pytest.approx(threshold)


def test_threshold_against_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = (torch.rand(500, generator=generator) < 0.3).double()
    probability = (torch.randn(500, generator=generator) + truth).sigmoid()
    false, true, thresholds = roc_curve(truth, probability, drop_intermediate=False)
    first = int((true >= 0.9).argmax())
    threshold = threshold_at_sensitivity(probability, truth, 0.9)
    assert threshold == pytest.approx(float(thresholds[first]))
    negatives = float((1 - truth).mean())
    assert false_alerts_per_100(probability, truth, threshold) == pytest.approx(100 * false[first] * negatives)


@pytest.mark.parametrize(("seed", "decimals"), [(0, 6), (1, 1), (2, 0)])
def test_both_errors_at_nine_in_ten_are_points_of_the_roc_curve(seed: int, decimals: int) -> None:
    """Few decimals make ties: a threshold calls all of equal probability, or none."""
    generator = torch.Generator().manual_seed(seed)
    truth = (torch.rand(200, generator=generator) < 0.2).double()
    probability = (torch.randn(200, generator=generator) + truth).sigmoid().round(decimals=decimals)
    false, true, _ = roc_curve(truth, probability, drop_intermediate=False)
    assert false_alert_rate(probability, truth) == pytest.approx(false[true >= 0.9].min())
    assert miss_rate(probability, truth) == pytest.approx(1 - true[false <= 0.1].max())


@pytest.mark.parametrize("sensitivity", [0.0, 1.1])
def test_impossible_sensitivity_is_refused(sensitivity: float) -> None:
    with pytest.raises(ValueError, match="no threshold"):
        threshold_at_sensitivity(PROBABILITY, TRUTH, sensitivity)


def test_no_positive_no_threshold() -> None:
    with pytest.raises(ValueError, match="0 positives"):
        threshold_at_sensitivity(PROBABILITY, TRUTH * 0, 0.9)


def test_false_alerts_by_hand() -> None:
    assert false_alerts_per_100(PROBABILITY, TRUTH, 0.4) == pytest.approx(20)


@pytest.mark.parametrize(("threshold", "benefit"), [(0.5, 0.3 - 0.2), (0.2, 0.4 - 0.4 * 0.25)])
def test_net_benefit_by_hand(threshold: float, benefit: float) -> None:
    assert net_benefit(PROBABILITY, TRUTH, threshold) == pytest.approx(benefit)


def test_calling_all_has_the_benefit_of_the_prevalence() -> None:
    assert net_benefit_of_all(TRUTH, 0.2) == pytest.approx(0.5 - 0.5 * 0.25)


def test_mean_net_benefit_is_over_the_stated_thresholds() -> None:
    expected = (net_benefit(PROBABILITY, TRUTH, 0.2) + net_benefit(PROBABILITY, TRUTH, 0.5)) / 2
    assert mean_net_benefit(PROBABILITY, TRUTH, thresholds=(0.2, 0.5)) == pytest.approx(expected)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_net_benefit_needs_odds(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        net_benefit(PROBABILITY, TRUTH, threshold)


@pytest.mark.parametrize(("higher", "gap"), [(True, 0.2), (False, 0.1)])
def test_worst_site_gap(higher: bool, gap: float) -> None:
    sites = {"a": 0.6, "b": 0.9, "c": 0.9}
    assert worst_site_gap(sites, higher_is_better=higher) == pytest.approx(gap)


def test_no_site_has_no_gap() -> None:
    with pytest.raises(ValueError, match="no site"):
        worst_site_gap({}, higher_is_better=True)
