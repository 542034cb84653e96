"""A case: which findings are there, how subtle each is, and how the patient is built."""

from dataclasses import dataclass

import numpy as np

FINDINGS = ("effusion", "cardiomegaly", "nodule", "consolidation", "pneumothorax")
MOST_SUBTLE = 0.15


@dataclass(frozen=True, slots=True)
class Case:
    """The truth about one examination.

    Attributes:
        visibility: by finding, in [0.15, 1] where it is there (1 is plain to see), 0 where it is not.
        seed: of the patient's anatomy and of where the findings lie.
    """

    visibility: dict[str, float]
    seed: int

    def truth(self, finding: str) -> int:
        """1 if the finding is there, else 0."""
        return int(self.visibility[finding] > 0)


def draw_case(prevalence: dict[str, float], rng: np.random.Generator) -> Case:
    """A case with each finding at its prevalence and a visibility that is as often subtle as plain."""
    visibility = {
        finding: float(rng.uniform(MOST_SUBTLE, 1)) if rng.random() < prevalence[finding] else 0.0
        for finding in FINDINGS
    }
    return Case(visibility, int(rng.integers(2**31)))
