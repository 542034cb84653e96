import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score  # type: ignore[import-untyped]

from glsmed.client.evaluation.patient_bootstrap import bootstrap_intervals


def _drawn(patients: int, images: int = 1, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(patients) < 0.4).astype(np.float64)
    said = np.round(1 / (1 + np.exp(-(2 * truth - 1 + rng.normal(0, 1.2, patients)))), 2)
    return (
        np.repeat(said, images),
        np.repeat(truth, images),
        [str(one) for one in np.repeat(np.arange(patients), images)],
    )


def test_the_values_are_those_of_scikit_learn() -> None:
    said, truth, patients = _drawn(200)
    found = bootstrap_intervals(said, truth, patients)
    assert found["auroc"].value == pytest.approx(roc_auc_score(truth, said))
    assert found["brier"].value == pytest.approx(brier_score_loss(truth, said))
    assert found["log_loss"].value == pytest.approx(log_loss(truth, said))


def test_the_interval_is_that_of_draws_made_one_by_one() -> None:
    said, truth, patients = _drawn(120)
    rng, draws = np.random.default_rng(9), []
    for _ in range(800):
        chosen = rng.integers(0, 120, 120)
        draws.append(roc_auc_score(truth[chosen], said[chosen]))
    found = bootstrap_intervals(said, truth, patients)["auroc"]
    assert (found.low, found.high) == pytest.approx(np.percentile(draws, (2.5, 97.5)), abs=0.015)


def test_more_images_of_the_same_patients_make_no_interval_narrower() -> None:
    one, four = (bootstrap_intervals(*_drawn(100, images))["auroc"] for images in (1, 4))
    assert four.high - four.low == pytest.approx(one.high - one.low, rel=0.1)


def test_one_class_has_no_interval() -> None:
    with pytest.raises(ValueError, match="one kind only"):
        bootstrap_intervals(np.array([0.1, 0.2]), np.zeros(2), ["a", "b"])
