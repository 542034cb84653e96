"""How well a model does on one of a site's splits."""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.training.steps.training import predict_logits
from glsmed.shared.metrics.finding_metrics import FindingMetrics, calibration_counts, finding_metrics
from glsmed.shared.metrics.macro import macro
from glsmed.shared.smoothing import rates_from_probability

Reference = Literal["gold", "reports"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Metrics by finding and their mean, of the model as the site would use it: with its offset and output calibration.

    Attributes:
        by_finding: see :func:`glsmed.shared.metrics.finding_metrics.finding_metrics`.
        macro: the mean over findings that have both classes.
        raw_macro: the same without the output calibration.
        reference: what the predictions were compared with: gold, or the reports' certain statements.
        patients: how many patients the metrics are about.
        calibration: ``(3, bins)`` sums over all findings (cases, probabilities, truths) for a reliability plot.
        probabilities: ``(N, K)`` that all of it is about.
    """

    by_finding: FindingMetrics
    macro: dict[str, float]
    reference: Reference
    patients: int
    calibration: Tensor
    probabilities: Tensor
    raw_macro: dict[str, float] = field(default_factory=dict)


def evaluate(
    model: nn.Module,
    examples: Examples,
    *,
    device: torch.device,
    output_calibration: OutputCalibration | None = None,
    rows: Tensor | None = None,
) -> Evaluation:
    """How the model's probabilities compare with the site's gold labels, or without gold with certain statements.

    Args:
        model: from images to logits; the examples carry their site's offset.
        examples: one split of the site.
        device: where the model runs.
        output_calibration: the site's, see :func:`calibrate_outputs`; None leaves it out.
        rows: ``(M,)`` of the split that it is about, also several times; None for all.
    """
    truth, reference = reference_labels(examples)
    logits, patients = predict_logits(model, examples, device=device), examples.patients
    if rows is not None:
        truth, logits, patients = truth[rows], logits[rows], tuple(patients[row] for row in rows.tolist())
    raw = logits.sigmoid()
    probabilities = raw if output_calibration is None else output_calibration.probabilities(logits)
    known = ~torch.isnan(truth)
    by_finding = finding_metrics(probabilities, truth, examples.findings)
    seen = known.any(1).tolist()
    return Evaluation(
        by_finding=by_finding,
        macro=macro(by_finding),
        reference=reference,
        patients=len({patient for patient, counts in zip(patients, seen, strict=True) if counts}),
        calibration=calibration_counts(probabilities[known], truth[known]),
        probabilities=probabilities,
        raw_macro=macro(finding_metrics(raw, truth, examples.findings)),
    )


def reference_labels(examples: Examples) -> tuple[Tensor, Reference]:
    """``(N, K)`` truths with NaN where unknown: gold if the split has any, else the labels of certain cells."""
    if not bool(torch.isnan(examples.gold).all()):
        return examples.gold, "gold"
    return certain_labels(examples), "reports"


def certain_labels(examples: Examples) -> Tensor:
    """``(N, K)`` the labels of cells that the reports do not doubt, NaN elsewhere."""
    labels, rates = rates_from_probability(examples.targets)
    certain = (examples.weights > 0) & (rates < CERTAIN_RATE)
    return torch.where(certain, labels, torch.nan)


CERTAIN_RATE = 0.5  # a certain statement has a rate well below, a doubted one above
