import numpy as np
import pytest
from sklearn.metrics import (  # type: ignore[import-untyped]  # scikit-learn ships no types
    brier_score_loss,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
)

from glsmed.shared.metrics.calibration_error import expected_calibration_error
from glsmed.site_adapters.calibration.scores import log_losses, reliability, score

RNG = np.random.default_rng(3)
P = RNG.uniform(size=400)
Y = (RNG.uniform(size=400) < P**2).astype(float)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("f1", f1_score(Y, P >= 0.5)),
        ("precision", precision_score(Y, P >= 0.5)),
        ("recall", recall_score(Y, P >= 0.5)),
        ("brier", brier_score_loss(Y, P)),
        ("log_loss", log_loss(Y, P)),
        ("n", 400),
        ("positives", Y.sum()),
    ],
)
def test_a_score_is_what_scikit_learn_says(name: str, expected: float) -> None:
    assert getattr(score(P, Y), name) == pytest.approx(expected, rel=1e-9)


def test_calibration_error_is_that_of_the_federations_metrics() -> None:
    expected = expected_calibration_error(P, Y)
    assert score(P, Y).ece == pytest.approx(expected, rel=1e-9)


def test_without_a_case_no_score_is_made_up() -> None:
    scores = score([], [])
    assert (scores.n, scores.f1, scores.brier, scores.log_loss, scores.ece) == (0, None, None, None, None)


def test_nothing_said_leaves_precision_open_and_recall_zero() -> None:
    scores = score([0.1, 0.2], [1, 0])
    assert (scores.precision, scores.recall, scores.f1) == (None, 0.0, 0.0)


def test_a_sure_mistake_costs_what_the_clip_allows() -> None:
    assert log_losses(np.array([0.0]), np.array([1.0])) == pytest.approx(-np.log(1e-7))


def test_bins_hold_mean_and_share_of_their_cases() -> None:
    low, high = reliability([0.05, 0.09, 0.95, 1.0], [0, 1, 1, 1], bins=10)
    assert (low.n, low.observed) == (2, 0.5)
    assert low.predicted == pytest.approx(0.07)
    assert (high.low, high.high, high.n, high.observed) == (0.9, 1.0, 2, 1.0)
