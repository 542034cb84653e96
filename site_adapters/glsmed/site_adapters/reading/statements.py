"""Assertions where they stand in a report, and everything that a report says at once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from glsmed.site_adapters.adapter.adapter import Beta
from glsmed.site_adapters.reading.assertions import Assertion
from glsmed.site_adapters.reading.cells import Cell, Mark, Span

LEAST_EVIDENCE = 1e-12  # of a section's weight: less is no evidence
NO_PRIOR = Beta(0.5, 1)
_new = tuple.__new__  # a NamedTuple in half the time, where many are made


class Statement(NamedTuple):
    """An assertion where it stands in the report.

    Attributes:
        weight: that of its section; 0 is no evidence.
        offset: where its sentence starts.
        spans: the words of the mention, then those of its cues, as places in the sentence.
    """

    assertion: Assertion
    section: str
    weight: float
    offset: int
    spans: tuple[Span, ...]

    @property
    def placed(self) -> tuple[Span, ...]:
        """The words of the mention and the cue as places in the report."""
        _, _, _, offset, spans = self
        return tuple([_new(Span, (start + offset, end + offset, role)) for start, end, role in spans])

    @property
    def is_evidence(self) -> bool:
        """Whether it says something of the finding: not in a section of weight 0, nor under words like "history of"."""
        return self.weight >= LEAST_EVIDENCE and self.assertion.prior is not None

    @property
    def cell(self) -> Cell:
        """The cell that it makes where it decides."""
        finding, state, cue, family, prior, spread, share = self.assertion[:7]
        prior = prior or NO_PRIOR
        told = (finding, state, prior.mean, spread, prior.strength, cue, family, self.section, share, self.placed)
        return _new(Cell, told)


class FullReading(NamedTuple):
    """What a report says, with every assertion and every cue that stands in it."""

    cells: Mapping[str, Cell]
    statements: Sequence[Statement]
    marks: Sequence[Mark]
