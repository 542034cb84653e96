"""The planner's formulas are held against simulated studies of the size that they ask for."""

import numpy as np
import pytest
import torch
from scipy.stats import norm  # type: ignore[import-untyped]  # scipy ships no types
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.shared.case.sample_size import (
    Z,
    labels_for_auroc,
    labels_for_observed_over_expected,
    labels_for_sensitivity,
    labels_for_slope,
    wilson_half_width,
)
from glsmed.shared.metrics.logistic import fit_slope_intercept

STUDIES = 400


@pytest.mark.parametrize(("sensitivity", "prevalence", "half_width"), [(0.9, 0.1, 0.05), (0.98, 0.3, 0.04)])
def test_a_study_of_that_size_knows_the_sensitivity_so_well(
    sensitivity: float, prevalence: float, half_width: float
) -> None:
    labels = labels_for_sensitivity(sensitivity, prevalence=prevalence, half_width=half_width)
    assert labels is not None
    rng = np.random.default_rng(1)
    present = rng.binomial(labels, prevalence, STUDIES)
    found = rng.binomial(present, sensitivity)
    widths = np.array([wilson_half_width(k / n, n) for k, n in zip(found, present, strict=True)])
    assert widths.mean() == pytest.approx(half_width, rel=0.05)
    share = found / present
    middle = (share + Z**2 / (2 * present)) / (1 + Z**2 / present)
    covered = (np.abs(middle - sensitivity) <= widths).mean()
    assert 0.92 <= covered <= 0.98


def test_buderer_s_own_number() -> None:
    """With Wald's interval it would be 1.96² · 0.9 · 0.1 / 0.05² = 138.3 present cases; Wilson's is close to it."""
    labels = labels_for_sensitivity(0.9, prevalence=1.0, half_width=0.05)
    assert labels is not None
    assert abs(labels - 138.3) < 6


def test_a_study_of_that_size_knows_the_auroc_so_well() -> None:
    auroc, prevalence, half_width = 0.8, 0.2, 0.05
    labels = labels_for_auroc(auroc, prevalence=prevalence, half_width=half_width)
    assert labels is not None
    rng, apart = np.random.default_rng(2), np.sqrt(2) * norm.ppf(auroc)
    positives = round(labels * prevalence)
    truth = np.repeat([1, 0], [positives, labels - positives])
    spread = np.std([roc_auc_score(truth, rng.normal(size=labels) + apart * truth) for _ in range(STUDIES)])
    assert spread * Z == pytest.approx(half_width, rel=0.15)  # their error is that of exponential scores


def test_a_study_of_that_size_knows_observed_over_expected_so_well() -> None:
    labels = labels_for_observed_over_expected(prevalence=0.1, half_width=0.2)
    assert labels is not None
    observed = np.random.default_rng(3).binomial(labels, 0.1, 20_000) / (0.1 * labels)
    assert Z * np.log(observed).std() == pytest.approx(np.log(1.2), rel=0.05)


def test_a_study_of_that_size_knows_the_slope_so_well() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(-1.5, 1.5, 4000)
    labels = labels_for_slope(logits, half_width=0.25)
    assert labels is not None
    slopes = []
    for _ in range(150):
        said = rng.choice(logits, labels)
        truth = (rng.random(labels) < 1 / (1 + np.exp(-said))).astype(float)
        slopes.append(fit_slope_intercept(torch.from_numpy(said), torch.from_numpy(truth))[0])
    assert Z * np.std(slopes) == pytest.approx(0.25, rel=0.15)


def test_what_cannot_be_said_is_not() -> None:
    assert labels_for_slope(np.zeros(10), half_width=0.2) is None
    assert labels_for_observed_over_expected(prevalence=0.0, half_width=0.2) is None
    assert labels_for_sensitivity(0.9, prevalence=0.0, half_width=0.05) is None
    assert labels_for_auroc(0.8, prevalence=0.0, half_width=0.05) is None


def test_a_narrower_interval_of_a_rarer_finding_needs_more() -> None:
    wide = labels_for_sensitivity(0.9, prevalence=0.1, half_width=0.1)
    narrow = labels_for_sensitivity(0.9, prevalence=0.1, half_width=0.05)
    rare = labels_for_sensitivity(0.9, prevalence=0.01, half_width=0.05)
    assert wide is not None
    assert narrow is not None
    assert rare is not None
    assert wide < narrow < rare
