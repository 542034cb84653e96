import math

import pytest
import torch
from sklearn.metrics import (  # type: ignore[import-untyped]  # scikit-learn ships no types
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

from glsmed.shared.metrics.finding_metrics import (
    calibration_counts,
    finding_metrics,
    full_metrics,
)


def _cells(n: int = 300) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    truth = (torch.rand(n, generator=generator) < 0.3).double()
    return (torch.randn(n, generator=generator).double() + 2 * truth - 1).sigmoid(), truth


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("auroc", roc_auc_score),
        ("auprc", average_precision_score),
        ("brier", brier_score_loss),
        ("log_loss", log_loss),
    ],
)
def test_against_scikit_learn(name: str, reference: object) -> None:
    probability, truth = _cells()
    assert callable(reference)
    expected = float(reference(truth.numpy(), probability.numpy()))
    assert finding_metrics(probability[:, None], truth[:, None], ["x"])["x"][name] == pytest.approx(expected, rel=1e-6)


def test_calibration_counts_of_two_sites_add_up() -> None:
    probability, truth = _cells()
    parts = calibration_counts(probability[:100], truth[:100]) + calibration_counts(probability[100:], truth[100:])
    assert torch.allclose(parts, calibration_counts(probability, truth))


def test_unknown_cells_are_left_out() -> None:
    probability, truth = _cells()
    reference = torch.stack([truth, torch.full_like(truth, torch.nan)], dim=1)
    reference[:50, 0] = torch.nan
    measured = finding_metrics(torch.stack([probability, probability], dim=1), reference, ["known", "unknown"])
    assert set(measured) == {"known"}
    assert measured["known"]["n"] == 250
    assert measured["known"]["auroc"] == pytest.approx(roc_auc_score(truth[50:].numpy(), probability[50:].numpy()))


def test_one_class_has_no_auroc() -> None:
    measured = full_metrics(torch.tensor([0.2, 0.4]), torch.zeros(2))
    assert "auroc" not in measured
    assert "false_alerts_90" not in measured
    assert measured["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        finding_metrics(torch.zeros(2, 2), torch.zeros(2, 2), ["x"])


def test_full_metrics_hold_the_parts_of_the_brier_score() -> None:
    probability, truth = (torch.tensor([0.2] * 50 + [0.8] * 50), torch.tensor(([0.0] * 4 + [1.0]) * 20))
    measured = full_metrics(probability, truth)
    whole = measured["brier_reliability"] - measured["brier_resolution"] + measured["brier_uncertainty"]
    assert measured["brier"] == pytest.approx(whole)


def test_full_metrics_count_false_alerts_at_a_fixed_sensitivity() -> None:
    probability = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    truth = torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    measured = full_metrics(probability, truth)
    assert measured["false_alerts_90"] == pytest.approx(40)
    assert measured["false_alerts_95"] == pytest.approx(40)
