import pytest
import torch

from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration, fit_output_calibration
from glsmed.client.model_use.portable_calibration import PortableCalibration

FINDINGS = ("effusion", "nodule", "mass")
LOGITS = torch.cat(
    [4 * torch.randn(200, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([[-99.0, 0, 99]])]
)


def _calibration() -> OutputCalibration:
    generator = torch.Generator().manual_seed(1)
    gold = (torch.rand(200, 3, generator=generator) < LOGITS[:200].sigmoid()).float()
    stepped = fit_output_calibration(LOGITS[:200], gold, FINDINGS, kind="isotonic").curves["effusion"]
    return OutputCalibration(
        findings=FINDINGS, curves={"effusion": stepped, "mass": FindingCalibration(slope=0.4, intercept=-1)}
    )


def test_the_layers_say_what_the_curves_say() -> None:
    calibration = _calibration()
    assert calibration.curves["effusion"].knots
    expected = calibration.probabilities(LOGITS)
    assert torch.allclose(PortableCalibration(calibration)(LOGITS), expected, atol=1e-6)


def test_a_finding_without_a_curve_keeps_the_models_own_probability() -> None:
    said = PortableCalibration(_calibration())(LOGITS)
    assert said[:, 1].numpy() == pytest.approx(LOGITS[:, 1].sigmoid().numpy(), abs=1e-6)


def test_a_curve_of_one_knot_is_flat() -> None:
    flat = OutputCalibration(findings=("mass",), curves={"mass": FindingCalibration(knots=((0.5, 0.3),))})
    assert PortableCalibration(flat)(torch.tensor([[-9.0], [9.0]])).flatten().tolist() == pytest.approx([0.3, 0.3])
