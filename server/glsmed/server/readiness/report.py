"""What a check found."""

from dataclasses import dataclass, field
from typing import Self


@dataclass(slots=True)
class CheckReport:
    """What a check found; the study could start if there is no fault."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Self) -> None:
        """Take over what another check found."""
        self.lines += other.lines
        self.warnings += other.warnings
        self.faults += other.faults
