"""Where a site raises an alert: the logit above which enough of the present findings lie, chosen on validation images.

Thresholds are kept for every sensitivity from 50 % to 99 %, so that a site can change its mind after the study.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from glsmed.shared.files.documents import StrictModel

LEAST_POSITIVES = 10  # patients with the finding: with fewer, a share of them says too little
SENSITIVITIES = tuple(percent / 100 for percent in range(50, 100))
_MARGIN = 1e-3  # below the lowest logit of a positive image where nothing lies lower

Reference = Literal["gold", "reports"]


class OperatingPoint(StrictModel):
    """One threshold and what it does on the validation images."""

    aim: Annotated[float, Field(description="the sensitivity that it was chosen for")]
    logit: Annotated[float, Field(description="an alert is raised from this logit on")]
    sensitivity: Annotated[float, Field(description="share of the present findings with an alert")]
    specificity: Annotated[float | None, Field(description="share of the absent ones without; null: there are none")]


class FindingOperation(StrictModel):
    """The thresholds of one finding; none where too few patients have it."""

    reference: Annotated[Reference, Field(description="what presence is judged by: gold labels, or certain statements")]
    positives: Annotated[int, Field(ge=0, description="validation patients with the finding")]
    negatives: Annotated[int, Field(ge=0, description="validation patients without it")]
    points: Annotated[tuple[OperatingPoint, ...], Field(description="by rising aim")] = ()

    def at(self, sensitivity: float) -> OperatingPoint | None:
        """The first point that aims at this sensitivity or more; None where there is no operating point."""
        return next((point for point in self.points if point.aim >= sensitivity - 1e-9), None)

    def why_not(self) -> str:
        """Why there is no operating point; empty where there is one."""
        return "" if self.points else f"no operating point: too few positives ({self.positives})"


def choose_operation(
    logits: Tensor, truth: Tensor, patients: Sequence[str], *, reference: Reference
) -> FindingOperation:
    """The thresholds of one finding.

    Args:
        logits: ``(n,)`` of validation images, the site's offset included.
        truth: ``(n,)`` in {0, 1}, NaN where unknown.
        patients: whose images they are; the least number of positives is one of patients.
        reference: where ``truth`` comes from.
    """
    present, absent = logits[truth == 1], logits[truth == 0]
    counts = _patients_with(truth, patients, 1), _patients_with(truth, patients, 0)
    points: tuple[OperatingPoint, ...] = ()
    if counts[0] >= LEAST_POSITIVES:
        points = tuple(_point(aim, present.double(), absent.double()) for aim in SENSITIVITIES)
    return FindingOperation(reference=reference, positives=counts[0], negatives=counts[1], points=points)


def _patients_with(truth: Tensor, patients: Sequence[str], value: int) -> int:
    return len({patient for patient, known in zip(patients, truth.tolist(), strict=True) if known == value})


def _point(aim: float, present: Tensor, absent: Tensor) -> OperatingPoint:
    threshold = _threshold(aim, present, absent)
    return OperatingPoint(
        aim=aim,
        logit=threshold,
        sensitivity=float((present >= threshold).double().mean()),
        specificity=float((absent < threshold).double().mean()) if len(absent) else None,
    )


def _threshold(aim: float, present: Tensor, absent: Tensor) -> float:
    """Halfway between the last positive image that must be found and the next image below: no rounding decides."""
    must = math.ceil(aim * len(present) - 1e-9)
    last = float(present.sort(descending=True).values[must - 1])
    below = torch.cat([present, absent])
    below = below[below < last]
    return (last + float(below.max())) / 2 if len(below) else last - _MARGIN
