"""What goes with the final evaluation alone: ten bins of calibration, and why a finding has no number."""

from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.egress.site_numbers import Number
from glsmed.client.evaluation.evaluation import reference_labels
from glsmed.shared.metrics.calibration_error import equal_width_bins
from glsmed.shared.protocol.metric_names import CALIBRATION_BINS, MISSING, metric_key

_UNKNOWN, _NO_REFERENCE, _TOO_FEW = 1, 2, 3  # places in MISSING_REASONS


def calibration_numbers(probabilities: Tensor, examples: Examples) -> dict[str, Number]:
    """For each bin of probabilities the cells in it, the mean that was said, and the share that is true.

    Over all findings together, since a bin of one finding is often about a handful of patients. All three numbers of a
    bin are about the smaller group in it: without it one could read off what its patients have.

    Args:
        probabilities: ``(N, K)`` that the model gives to the images of ``examples``.
        examples: a split of the site.
    """
    truth, _ = reference_labels(examples)
    known = ~torch.isnan(truth)
    patients = np.array(examples.patients)[known.nonzero()[:, 0].numpy()]
    said, true = probabilities[known].double().numpy(), truth[known].double().numpy()
    place = equal_width_bins(said, bins=CALIBRATION_BINS)
    numbers: dict[str, Number] = {}
    for number in np.unique(place).tolist():
        inside = place == number
        about = min(len(set(patients[inside & (true == value)].tolist())) for value in (0, 1))
        values = {"cells": inside.sum(), "said": said[inside].mean(), "true": true[inside].mean()}
        numbers |= {f"calibration_{name}_{number}": Number(float(value), about) for name, value in values.items()}
    return numbers


def missing_numbers(examples: Examples, *, adapter_findings: Collection[str], min_patients: int) -> dict[str, Number]:
    """Why a finding has no AUROC, or no number at all, as a place in ``MISSING_REASONS``.

    Each is about all patients of the split. It tells no more than the number's absence does once one knows that the
    policy lets the others go.

    Args:
        examples: the split that was measured.
        adapter_findings: that the site's adapter knows.
        min_patients: fewest patients that a number may be about, see the egress policy.
    """
    truth, _ = reference_labels(examples)
    everyone = len(set(examples.patients))
    numbers: dict[str, Number] = {}
    for column, finding in enumerate(examples.findings):
        reason = _reason(truth[:, column], examples.patients, min_patients)
        if reason == _NO_REFERENCE and finding not in adapter_findings:
            reason = _UNKNOWN
        if reason:
            numbers[metric_key(MISSING, finding)] = Number(float(reason), everyone)
    return numbers


def _reason(truth: Tensor, patients: Collection[str], min_patients: int) -> int:
    """0 where nothing is missing."""
    values = truth.tolist()
    groups = [
        {patient for patient, value in zip(patients, values, strict=True) if value == wanted} for wanted in (0, 1)
    ]
    if not any(groups):
        return _NO_REFERENCE
    return _TOO_FEW if min(map(len, groups)) < max(min_patients, 1) else 0
