"""By what the centre chooses the round whose model is kept: the settings of the composite score."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from glsmed.shared.files.documents import StrictModel

ChoiceName = Literal["log_loss", "composite"]


class CompositeSection(StrictModel):
    """Weights of the composite score."""

    false_alerts: Annotated[
        float, Field(ge=0, le=1000, description="weight of the share of absent findings that raise an alert")
    ] = 1.0
    misses: Annotated[
        float, Field(ge=0, le=1000, description="weight of the share of present findings that raise none")
    ] = 1.0
    calibration: Annotated[float, Field(ge=0, le=1000, description="weight of the calibration error")] = 1.0
    rare_findings: Annotated[
        Mapping[str, float],
        Field(description="how often a rare or grave finding counts, by its name; one that is not named counts once"),
    ] = {}

    @model_validator(mode="after")
    def _something_counts(self) -> Self:
        if not self.parts:
            raise ValueError("expected a weight above 0, got none: give false_alerts, misses or calibration one")
        wrong = [name for name, weight in self.rare_findings.items() if not 0 < weight <= 1000]
        if wrong:
            raise ValueError(f"rare_findings: expected weights above 0 and up to 1000, got others for {wrong}")
        return self

    @property
    def parts(self) -> Mapping[str, float]:
        """The weight of each metric that counts, by the name under which sites send it."""
        weights = {"false_alert_rate": self.false_alerts, "miss_rate": self.misses, "ece": self.calibration}
        return {name: weight for name, weight in weights.items() if weight > 0}
