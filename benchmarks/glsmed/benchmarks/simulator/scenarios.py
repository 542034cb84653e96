"""Scenarios: how doubt, error and hedging style work between what a reader sees and what the report says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean

PREVALENCE_OF_RARE = 0.01


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is switched on; every number is a choice of the simulation, not an estimate of any hospital.

    Attributes:
        doubt: ``case``: hard pictures are doubted; ``class``: doubt depends on the truth alone, not on the picture.
        labeller_error: share of plain statements that are turned round.
        severity_bars: for each hospital, how much stronger a sign must be before it is called, in reader deviations.
        unmentioned_positives: share of present findings that a report leaves out.
        styles_differ: each hospital words its beliefs in its own way; otherwise all as in the textbook.
        boilerplate: share of the first hospital's denials that are worded as doubt, whatever was believed.
        rare: the first finding has a prevalence of 1 % everywhere.
    """

    name: str
    doubt: Literal["case", "class"] = "case"
    labeller_error: float = 0.05
    severity_bars: tuple[float, float, float] = (0.0, 0.0, 0.0)
    unmentioned_positives: float = 0.06
    styles_differ: bool = True
    boilerplate: float = 0.0
    rare: bool = False


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("case-dependent"),
        Scenario("class-conditional", doubt="class"),
        Scenario("boilerplate", boilerplate=0.3),
        Scenario("severity-bar", severity_bars=(0.0, 0.6, 1.2)),
        Scenario("alike", styles_differ=False, labeller_error=0.0, unmentioned_positives=0.0),
        Scenario("rare", rare=True),
    )
}


def scenario_named(name: str) -> Scenario:
    """One of :data:`SCENARIOS`.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in SCENARIOS:
        raise UsageError(f"no scenario {name!r}{did_you_mean(name, list(SCENARIOS))}; there are {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
