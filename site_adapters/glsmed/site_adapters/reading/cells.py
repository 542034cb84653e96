"""What a report says of each finding, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from glsmed.site_adapters.adapter.schema import Kind, State

NO_EVIDENCE = "no evidence"
NOT_ASSESSABLE: Final = "not assessable"
_DECIMALS = 4
Role = Literal["mention", "cue"]


class Span(NamedTuple):
    """``text[start:end]`` of the given report, and what it is."""

    start: int
    end: int
    role: Role


class Cell(NamedTuple):
    """What a report says of one finding.

    Attributes:
        state: what the words say.
        probability: what they mean: P(finding | cue), with ``spread`` as its standard deviation.
        strength: weight of that Beta prior in labels.
        cue: id of the deciding cue; ``family`` is the group that it shares calibration with.
        share: factor on the cue's own mean where alternatives share it.
    """

    finding: str
    state: State
    probability: float
    spread: float
    strength: float
    cue: str
    family: str
    section: str
    share: float
    evidence: tuple[Span, ...]

    def as_dict(self) -> dict[str, object]:
        """The cell as it stands in a line of ``extract``; numbers have four decimals."""
        return {
            "state": self.state,
            "probability": round(self.probability, _DECIMALS),
            "spread": round(self.spread, _DECIMALS),
            "cue": self.cue,
            "section": self.section,
            "evidence": [span._asdict() for span in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What a report says; a finding without a cell is not mentioned, or only where a mention is not evidence.

    Attributes:
        cells: by finding.
        not_assessable: findings without a cell of which the report says that they cannot be judged.
    """

    cells: Mapping[str, Cell]
    not_assessable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mark:
    """A cue in the text, whatever the finding; ``scope`` is the stretch of text that it reaches."""

    start: int
    end: int
    kind: Kind
    cue: str
    probability: float | None
    scope: tuple[int, int]
