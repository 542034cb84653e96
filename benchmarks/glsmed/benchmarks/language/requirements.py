"""The rows of ``glsmed-benchmark language``: a number, the bar that it has to reach, and all that stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing.

    Attributes:
        bar: what ``value`` must reach (``at_least``) or stay within (``at_most``); None where nothing is set.
        best_known: the best that others reached on the same data, where it is known.
        numbers: everything behind the value.
        skipped: why there is no value; empty if there is one.
    """

    what: str
    value: float | None
    bar: float | None
    direction: Literal["at_least", "at_most"]
    best_known: float | None
    numbers: Mapping[str, object]
    skipped: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached; None without a value or a bar."""
        if self.value is None or self.bar is None:
            return None
        return self.value >= self.bar if self.direction == "at_least" else self.value <= self.bar

    def as_dict(self) -> dict[str, object]:
        """The row as it is printed."""
        told: dict[str, object] = {"what": self.what, "value": self.value, self.direction: self.bar, "met": self.met}
        if self.best_known is not None:
            told["best_known"] = self.best_known
        if self.skipped:
            told["skipped"] = self.skipped
        return {**told, "numbers": dict(self.numbers)}


def at_least(
    what: str, value: float | None, bar: float | None, *, known: float | None = None, **numbers: object
) -> Row:
    """A row whose value is the better the higher it is."""
    return Row(what, value, bar, "at_least", known, numbers)


def at_most(what: str, value: float | None, bar: float | None, *, known: float | None = None, **numbers: object) -> Row:
    """A row whose value is the better the lower it is."""
    return Row(what, value, bar, "at_most", known, numbers)


def skipped(what: str, why: str) -> Row:
    """A row that could not be measured here."""
    return Row(what, None, None, "at_least", None, {}, why)
