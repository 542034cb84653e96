"""prices.yaml: a hospital's own volumes and prices."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from glsmed.shared.files.documents import StrictModel, load

Money = Annotated[float, Field(ge=0, le=1e12)]
Minutes = Annotated[float, Field(ge=0, le=1e4)]
Share = Annotated[float, Field(ge=0, le=1)]


class ReadingSection(StrictModel):
    """What reading costs."""

    minutes_per_examination: Annotated[Minutes, Field(description="reading one examination today")]
    minutes_per_alert: Annotated[Minutes, Field(description="looking again where the model raised an alert")]
    minutes_saved_when_quiet: Annotated[
        Minutes, Field(description="saved on an examination without any alert; 0: all are read as before")
    ] = 0.0
    cost_per_minute: Annotated[Money, Field(description="of a reader")]

    @model_validator(mode="after")
    def _no_more_than_there_is(self) -> Self:
        if self.minutes_saved_when_quiet > self.minutes_per_examination:
            raise ValueError(
                f"minutes_saved_when_quiet: expected at most minutes_per_examination "
                f"({self.minutes_per_examination:g}), got {self.minutes_saved_when_quiet:g}"
            )
        return self


class MissSection(StrictModel):
    """What a reader misses, and what that costs."""

    missed_without_model: Annotated[Share, Field(description="share of the present findings that a reader misses")]
    found_by_alert: Annotated[
        Share, Field(description="share of these that are found where the model raises an alert: it must be heeded")
    ]
    cost_per_miss: Annotated[Money, Field(description="later treatment, and whatever else a miss costs")]
    cost_per_false_alert: Annotated[Money, Field(description="beyond the minutes: further examinations")]


class LabellingSection(StrictModel):
    """What gold labels cost."""

    labels: Annotated[int, Field(ge=0, le=10**9, description="labels of one finding of one examination that are paid")]
    minutes_per_label: Annotated[Minutes, Field(description="of a reader")]


class ModelCost(StrictModel):
    """What it costs to have a model."""

    one_off: Annotated[Money, Field(description="installing, training, approval")]
    per_year: Annotated[Money, Field(description="machine, support, people who look after it")]


class ModelCosts(StrictModel):
    """What it costs to have a model of one's own, and one of the federation."""

    local: Annotated[ModelCost, Field(description="a model that the hospital trains alone")]
    federated: Annotated[ModelCost, Field(description="the federation's model")]


class Counted(StrictModel):
    """How common a finding is, counted elsewhere."""

    present: Annotated[int, Field(ge=0, description="examinations with the finding")]
    of: Annotated[int, Field(ge=1, description="examinations that were counted")]

    @model_validator(mode="after")
    def _part_of_all(self) -> Self:
        if self.present > self.of:
            raise ValueError(f"present: expected at most of ({self.of}), got {self.present}")
        return self


class FindingPrices(StrictModel):
    """Where one finding differs from the others; what is not given is as for all."""

    missed_without_model: Annotated[Share | None, Field(description="as in misses")] = None
    found_by_alert: Annotated[Share | None, Field(description="as in misses")] = None
    cost_per_miss: Annotated[Money | None, Field(description="as in misses")] = None
    cost_per_false_alert: Annotated[Money | None, Field(description="as in misses")] = None
    prevalence: Annotated[Counted | None, Field(description="null: as the hospital's own labels and reports say")] = (
        None
    )


class WantedSection(StrictModel):
    """How narrow 95 % intervals should be, as half their width."""

    sensitivity: Annotated[float, Field(gt=0, lt=0.5, description="of the share of present findings that are found")]
    auroc: Annotated[float, Field(gt=0, lt=0.5, description="of the AUROC")]
    calibration_slope: Annotated[float, Field(gt=0, lt=5, description="of the slope of truth on the logit")]
    observed_over_expected: Annotated[
        float, Field(gt=0, lt=5, description="of cases that there are over cases that were predicted, as a factor")
    ]


class Prices(StrictModel):
    """Everything of prices.yaml."""

    currency: Annotated[str, Field(min_length=1, max_length=12, description="for instance EUR")]
    examinations_per_year: Annotated[float, Field(gt=0, le=1e9, description="that the model would see")]
    sites: Annotated[
        Mapping[str, Annotated[float, Field(gt=0, le=1e9)]],
        Field(description="at the centre: examinations a year of each site; others have examinations_per_year"),
    ] = {}
    years: Annotated[float, Field(gt=0, le=100, description="over which one-off costs and labels are spread")]
    factor: Annotated[
        float, Field(gt=1, le=100, description="prices are halved and doubled (2) to see what that changes")
    ] = 2.0
    reading: ReadingSection
    misses: MissSection
    labelling: LabellingSection
    models: ModelCosts
    findings: Annotated[Mapping[str, FindingPrices], Field(description="where a finding differs")] = {}
    wanted: WantedSection

    def of_finding(self, finding: str) -> MissSection:
        """What holds for one finding."""
        own = self.findings.get(finding)
        given = {} if own is None else own.model_dump(exclude_none=True, exclude={"prevalence"})
        return self.misses.model_copy(update=given)


def load_prices(path: Path) -> Prices:
    """The prices at ``path``.

    Raises:
        ConfigurationError: with every fault of the file.
    """
    return load(path, Prices)
