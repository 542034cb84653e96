import pytest
import torch

from glsmed.client.learning.calibration_of_counts import calibration_of_counts
from glsmed.client.learning.output_calibration import CalibrationKind, fit_output_calibration
from glsmed.shared.metrics.score_counts import score_counts


@pytest.mark.parametrize("kind", ["platt", "isotonic", "auto"])
def test_the_line_is_nearly_that_of_single_scores(kind: CalibrationKind) -> None:
    drawn = torch.Generator().manual_seed(0)
    truth = (torch.rand(3000, 1, generator=drawn) < 0.3).float()
    logits = 2 * (1.5 * truth - 1.5 + torch.randn(3000, 1, generator=drawn))
    counts = score_counts(logits.sigmoid(), truth, bins=24)
    found = calibration_of_counts(counts, ("effusion",), kind=kind).curves["effusion"]
    single = fit_output_calibration(logits, truth, ("effusion",)).curves["effusion"]
    assert found.knots == ()
    assert found.slope == pytest.approx(single.slope, abs=0.03)
    assert found.intercept == pytest.approx(single.intercept, abs=0.05)


def test_a_study_without_output_calibration_has_none_here() -> None:
    assert calibration_of_counts(torch.full((1, 2, 12), 50.0), ("effusion",), kind="off").curves == {}
