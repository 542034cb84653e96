"""The planner: how many labels each finding has, and how many the wanted intervals need."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.case.prices import WantedSection
from glsmed.shared.case.sample_size import (
    labels_for_auroc,
    labels_for_observed_over_expected,
    labels_for_sensitivity,
    labels_for_slope,
    wilson_half_width,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What is known of a finding.

    Attributes:
        present, absent: labels that there are.
        logits: of the model's probabilities on examinations as they come; None where they are not known.
    """

    finding: str
    present: int
    absent: int
    prevalence: float
    sensitivity: float
    auroc: float | None
    logits: Floats | None = None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Labels of one finding, present and absent together; None where it cannot be said, or takes too many.

    Attributes:
        half_width: half of the sensitivity's interval with the labels that there are; None without a present case.
        needed: by the name of what is wanted.
    """

    finding: str
    present: int
    absent: int
    half_width: float | None
    needed: Mapping[str, int | None]


def plan(facts: PlanFacts, wanted: WantedSection) -> PlanRow:
    """How many labels the finding needs."""
    prevalence = facts.prevalence
    needed = {
        "sensitivity": labels_for_sensitivity(facts.sensitivity, prevalence=prevalence, half_width=wanted.sensitivity),
        "auroc": None
        if facts.auroc is None
        else labels_for_auroc(facts.auroc, prevalence=prevalence, half_width=wanted.auroc),
        "calibration_slope": None
        if facts.logits is None
        else labels_for_slope(facts.logits, half_width=wanted.calibration_slope),
        "observed_over_expected": labels_for_observed_over_expected(
            prevalence=prevalence, half_width=wanted.observed_over_expected
        ),
    }
    half_width = wilson_half_width(facts.sensitivity, facts.present) if facts.present else None
    return PlanRow(facts.finding, facts.present, facts.absent, half_width, needed)
