"""Worlds: how doubt, error and habit work between what a reader sees and what the report says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean

PREVALENCE_OF_RARE = 0.01


@dataclass(frozen=True, slots=True)
class World:
    """What is switched on; every number is a choice of the simulation, not an estimate of any hospital.

    Attributes:
        doubt: ``case``: hard pictures are doubted; ``class``: doubt depends on the truth alone, not on the picture.
        labeller_error: share of plain statements that are turned round.
        severity_bars: for each hospital, how much stronger a sign must be before it is called, in reader deviations.
        unmentioned_positives: share of present findings that a report leaves out.
        habits_differ: each hospital words its beliefs in its own way; otherwise all as in the textbook.
        boilerplate: share of the first hospital's denials that are worded as doubt, whatever was believed.
        rare: the first finding has a prevalence of 1 % everywhere.
    """

    name: str
    doubt: Literal["case", "class"] = "case"
    labeller_error: float = 0.05
    severity_bars: tuple[float, float, float] = (0.0, 0.0, 0.0)
    unmentioned_positives: float = 0.06
    habits_differ: bool = True
    boilerplate: float = 0.0
    rare: bool = False


WORLDS: Mapping[str, World] = {
    world.name: world
    for world in (
        World("case-dependent"),
        World("class-conditional", doubt="class"),
        World("boilerplate", boilerplate=0.3),
        World("severity-bar", severity_bars=(0.0, 0.6, 1.2)),
        World("alike", habits_differ=False, labeller_error=0.0, unmentioned_positives=0.0),
        World("rare", rare=True),
    )
}


def world_named(name: str) -> World:
    """One of :data:`WORLDS`.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in WORLDS:
        raise UsageError(f"no world {name!r}{did_you_mean(name, list(WORLDS))}; there are {', '.join(WORLDS)}")
    return WORLDS[name]
