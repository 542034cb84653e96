"""What a model said of three findings, and which model it was."""

import importlib.metadata
from dataclasses import dataclass

from glsmed.client.dicom_out.source_image import ModelIdentity

MODEL = ModelIdentity("chest-doubt", 7, "ab" * 32, importlib.metadata.version("glsmed"))


@dataclass(frozen=True)
class Said:
    """One finding as the model's use has it."""

    finding: str
    probability: float
    low: float | None = None
    high: float | None = None
    alert: bool | None = None


SAID = (
    Said("effusion", 0.8125, 0.7, 0.9, alert=True),
    Said("pleural_thickening", 0.03, 0.0, 0.1, alert=False),
    Said("nodule", 0.5),
)
