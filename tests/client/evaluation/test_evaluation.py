import math
from dataclasses import replace

import pytest
import torch
from sklearn.metrics import brier_score_loss, roc_auc_score  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch import nn

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.evaluation import evaluate, reference_labels
from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration
from glsmed.shared.pixels import to_pixels

CPU = torch.device("cpu")
NAN = math.nan


class Brightness(nn.Module):
    """The logit of both findings is the image's only pixel."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).expand(-1, 2)


def examples(*, gold: bool = True) -> Examples:
    """Forty images of twenty patients; the nodule has neither gold nor certain statements."""
    generator = torch.Generator().manual_seed(0)
    truth = torch.randint(0, 2, (40,), generator=generator).float()
    known = torch.full((40, 2), NAN)
    if gold:
        known[:30, 0] = truth[:30]
    return Examples(
        images=torch.randint(0, 256, (40, 1, 1, 1), generator=generator).byte(),
        targets=torch.stack([0.1 + 0.8 * truth, torch.full((40,), 0.5)], 1),
        weights=torch.ones(40, 2),
        gold=known,
        patients=tuple(f"p{number // 2}" for number in range(40)),
        findings=("effusion", "nodule"),
    )


def test_metrics_are_those_of_scikit_learn_on_the_cells_with_gold() -> None:
    data = examples()
    measured = evaluate(Brightness(), data, device=CPU)
    said, truth = to_pixels(data.images[:30]).flatten().sigmoid().numpy(), data.gold[:30, 0].numpy()
    assert measured.by_finding["effusion"]["auroc"] == pytest.approx(roc_auc_score(truth, said))
    assert measured.by_finding["effusion"]["brier"] == pytest.approx(brier_score_loss(truth, said), rel=1e-5)
    assert set(measured.by_finding) == {"effusion"}
    assert (measured.reference, measured.patients) == ("gold", 15)


def test_without_gold_the_certain_statements_are_the_reference() -> None:
    measured = evaluate(Brightness(), examples(gold=False), device=CPU)
    assert (measured.reference, measured.patients) == ("reports", 20)
    assert measured.macro["n"] == 40


@pytest.mark.parametrize(("target", "truth"), [(0.0, 0), (0.24, 0), (0.25, NAN), (0.5, NAN), (0.75, NAN), (0.76, 1)])
def test_a_statement_is_certain_where_its_rate_is_below_a_half(target: float, truth: float) -> None:
    data = replace(examples(gold=False), targets=torch.full((40, 2), target))
    expected = torch.full((40, 2), truth, dtype=torch.float32)
    torch.testing.assert_close(reference_labels(data)[0], expected, equal_nan=True)


def test_a_masked_cell_is_no_reference() -> None:
    data = replace(examples(gold=False), weights=torch.zeros(40, 2))
    assert bool(torch.isnan(reference_labels(data)[0]).all())


def test_an_output_calibration_changes_the_metrics_and_the_raw_ones_stay() -> None:
    curves = {"effusion": FindingCalibration(slope=0.5, intercept=1.0)}
    calibration = OutputCalibration(findings=("effusion", "nodule"), curves=curves)
    plain = evaluate(Brightness(), examples(), device=CPU)
    calibrated = evaluate(Brightness(), examples(), device=CPU, output_calibration=calibration)
    assert calibrated.raw_macro == plain.macro == plain.raw_macro
    assert calibrated.macro["auroc"] == plain.macro["auroc"]
    assert calibrated.macro["brier"] != plain.macro["brier"]
