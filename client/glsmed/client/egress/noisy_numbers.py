"""Metrics of a model out of noisy counts: whatever is computed of them tells no more of a patient than they do."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.egress.final_numbers import calibration_numbers
from glsmed.client.egress.site_numbers import Number, evaluation_numbers
from glsmed.client.evaluation.evaluation import Evaluation, Reference
from glsmed.shared.metrics.finding_metrics import calibration_counts, finding_metrics
from glsmed.shared.metrics.macro import macro
from glsmed.shared.metrics.score_counts import cells_of_counts
from glsmed.shared.protocol.metric_names import MISSING, metric_key

_TOO_FEW = 3  # place in MISSING_REASONS


def numbers_of_counts(counts: Tensor, findings: Sequence[str], *, reference: Reference) -> dict[str, Number]:
    """What could be sent of plausible counts ``(K, 2, BINS)``, each with how many patients it is about, by the counts.

    A finding with too few patients has no number but the reason.
    """
    said, truth = cells_of_counts(counts)
    known = ~torch.isnan(truth)
    if not bool(known.any()):
        return {}
    cells = _as_split(truth, findings)
    by_finding = finding_metrics(said, truth, findings)
    evaluation = Evaluation(
        by_finding=by_finding,
        macro=macro(by_finding),
        reference=reference,
        patients=len(cells),
        calibration=calibration_counts(said[known], truth[known]),
        probabilities=said,
    )
    return {**evaluation_numbers(evaluation, cells), **calibration_numbers(said, cells), **_reasons(known, findings)}


def _reasons(known: Tensor, findings: Sequence[str]) -> Mapping[str, Number]:
    missing = (finding for finding, any_known in zip(findings, known.any(0).tolist(), strict=True) if not any_known)
    return {metric_key(MISSING, finding): Number(float(_TOO_FEW), len(known)) for finding in missing}


def _as_split(truth: Tensor, findings: Sequence[str]) -> Examples:
    """Cells that stand for counts as a split without images, every row another patient."""
    nothing = torch.zeros(truth.shape)
    return Examples(
        images=torch.zeros((len(truth), 1, 1, 1), dtype=torch.uint8),
        targets=nothing,
        weights=nothing,
        gold=truth,
        patients=tuple(map(str, range(len(truth)))),
        findings=tuple(findings),
    )
