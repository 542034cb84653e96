"""An output calibration out of counts of scores, where single scores may not be looked at."""

from collections.abc import Sequence

from torch import Tensor

from glsmed.client.learning.output_calibration import CalibrationKind, OutputCalibration, fit_output_calibration
from glsmed.shared.metrics.score_counts import cells_of_counts


def calibration_of_counts(counts: Tensor, findings: Sequence[str], *, kind: CalibrationKind) -> OutputCalibration:
    """The output calibration that counts ``(K, 2, bins)`` of a model's own probabilities lead to.

    A bin has one score: whatever the study's kind of curve, it is a straight line on logits; none where it is off.
    """
    said, truth = cells_of_counts(counts)
    straight: CalibrationKind = "off" if kind == "off" else "platt"
    return fit_output_calibration(said.logit(), truth, findings, kind=straight)
