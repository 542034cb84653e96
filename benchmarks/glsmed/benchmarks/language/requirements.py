"""The rows of ``glsmed-benchmark language``: a measured value, what is required of it, and the numbers behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Requirement:
    """One measured value and what is required of it.

    Attributes:
        required: what ``value`` must reach (``at_least``) or stay within (``at_most``); None where nothing is set.
        best_known: the best that others reached on the same data, where it is known.
        numbers: everything behind the value.
        skipped: why there is no value; empty if there is one.
    """

    what: str
    value: float | None
    required: float | None
    direction: Literal["at_least", "at_most"]
    best_known: float | None
    numbers: Mapping[str, object]
    skipped: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the requirement is met; None without a value or without one."""
        if self.value is None or self.required is None:
            return None
        return self.value >= self.required if self.direction == "at_least" else self.value <= self.required

    def as_dict(self) -> dict[str, object]:
        """The row as it is printed."""
        content: dict[str, object] = {
            "what": self.what,
            "value": self.value,
            self.direction: self.required,
            "met": self.met,
        }
        if self.best_known is not None:
            content["best_known"] = self.best_known
        if self.skipped:
            content["skipped"] = self.skipped
        return {**content, "numbers": dict(self.numbers)}


def at_least(
    what: str, value: float | None, required: float | None, *, known: float | None = None, **numbers: object
) -> Requirement:
    """A row whose value is better the higher it is."""
    return Requirement(what, value, required, "at_least", known, numbers)


def at_most(
    what: str, value: float | None, required: float | None, *, known: float | None = None, **numbers: object
) -> Requirement:
    """A row whose value is better the lower it is."""
    return Requirement(what, value, required, "at_most", known, numbers)


def skipped(what: str, why: str) -> Requirement:
    """A row that could not be measured here."""
    return Requirement(what, None, None, "at_least", None, {}, why)
