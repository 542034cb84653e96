"""Metrics of probabilities against a reference, per finding; a finding with one class only has no AUROC."""

from collections.abc import Sequence

import torch
from torch import Tensor

from glsmed.shared.metrics.calibration_error import (
    CALIBRATION_BINS,
    bin_sums,
    equal_mass_calibration_error,
    equal_width_bins,
    expected_calibration_error,
)
from glsmed.shared.metrics.calibration_metrics import brier_parts, calibration_slope_intercept
from glsmed.shared.metrics.decision_metrics import (
    SENSITIVITIES,
    false_alert_rate,
    false_alerts_per_100,
    mean_net_benefit,
    miss_rate,
    threshold_at_sensitivity,
)

_CLIP = 1e-7

FindingMetrics = dict[str, dict[str, float]]


def finding_metrics(probabilities: Tensor, reference: Tensor, findings: Sequence[str]) -> FindingMetrics:
    """Metrics by finding: n, positives, brier, log_loss, ece and, where both classes occur, what needs both.

    That is auroc, auprc, false_alert_rate (of absent findings, where 90 % of the present ones are called) and
    miss_rate (of present findings, where 10 % of the absent ones are called).

    Args:
        probabilities: ``(N, K)`` in [0, 1].
        reference: ``(N, K)``: 0, 1, or NaN where it is not known; such cells are left out.
        findings: the K names.

    Returns:
        A finding without any known cell is left out.

    Raises:
        ValueError: shapes do not fit.
    """
    if probabilities.shape != reference.shape or probabilities.shape[1] != len(findings):
        raise ValueError(
            f"shapes do not fit: expected two of (N, {len(findings)}), got probabilities "
            f"{tuple(probabilities.shape)} and reference {tuple(reference.shape)}"
        )
    result: FindingMetrics = {}
    for column, finding in enumerate(findings):
        known = ~torch.isnan(reference[:, column])
        if bool(known.any()):
            result[finding] = _one_finding(probabilities[known, column].double(), reference[known, column].double())
    return result


def _one_finding(probability: Tensor, truth: Tensor) -> dict[str, float]:
    clipped = probability.clamp(_CLIP, 1 - _CLIP)
    metrics = {
        "n": float(len(truth)),
        "positives": float(truth.sum()),
        "brier": float(((probability - truth) ** 2).mean()),
        "log_loss": float(-(truth * clipped.log() + (1 - truth) * (1 - clipped).log()).mean()),
        "ece": expected_calibration_error(probability.numpy(), truth.numpy()),
    }
    if 0 < metrics["positives"] < metrics["n"]:
        # imported where it is needed: it takes longer to import than everything else here together
        from torchmetrics.functional.classification import binary_auroc, binary_average_precision

        metrics["auroc"] = float(binary_auroc(probability, truth.long()))
        metrics["auprc"] = float(binary_average_precision(probability, truth.long()))
        metrics["false_alert_rate"] = false_alert_rate(probability, truth)
        metrics["miss_rate"] = miss_rate(probability, truth)
    return metrics


def full_metrics(probability: Tensor, truth: Tensor) -> dict[str, float]:
    """Everything that is measured of one finding; what needs both classes is left out where there is only one.

    Beside those of :func:`finding_metrics`: ece_equal_mass, brier_reliability, brier_resolution, brier_uncertainty,
    net_benefit (mean over thresholds of 5 % to 50 %), calibration_slope, calibration_intercept, and
    false_alerts_90 and _95: false alerts per 100 examinations at that sensitivity on the same examinations.

    Args:
        probability: ``(N,)`` in [0, 1], N > 0.
        truth: ``(N,)`` in {0, 1}.
    """
    probability, truth = probability.double(), truth.double()
    metrics = _one_finding(probability, truth)
    metrics["ece_equal_mass"] = equal_mass_calibration_error(probability.numpy(), truth.numpy())
    metrics |= brier_parts(probability, truth)
    metrics["net_benefit"] = mean_net_benefit(probability, truth)
    if "auroc" in metrics:
        metrics |= calibration_slope_intercept(probability, truth)
        for sensitivity in SENSITIVITIES:
            threshold = threshold_at_sensitivity(probability, truth, sensitivity)
            name = f"false_alerts_{round(100 * sensitivity)}"
            metrics[name] = false_alerts_per_100(probability, truth, threshold)
    return metrics


def calibration_counts(probability: Tensor, truth: Tensor, *, bins: int = CALIBRATION_BINS) -> Tensor:
    """Sums that add up across sites, ``(3, bins)``: cases, sum of probabilities, sum of truths in each bin."""
    said = probability.numpy()
    return torch.from_numpy(bin_sums(equal_width_bins(said, bins=bins), said, truth.numpy(), bins=bins))
