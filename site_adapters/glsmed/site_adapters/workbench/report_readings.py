"""Every report as an adapter reads it, kept so that it can be filtered and compared."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from glsmed.site_adapters.reading.cells import NO_EVIDENCE, NOT_ASSESSABLE, Cell
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.reading.statements import Statement

Posterior = Callable[[Cell, Collection[Cell]], tuple[float, float]]


class Line(NamedTuple):
    """One mention of a finding.

    Attributes:
        target: the probability that training aims at; None where the mention is no evidence.
        decides: whether it makes the finding's cell.
    """

    finding: str
    state: str
    cue: str
    section: str
    target: float | None
    decides: bool


@dataclass(frozen=True, slots=True)
class ReportReading:
    """What one report says."""

    cells: Mapping[str, Cell]
    lines: tuple[Line, ...]
    languages: frozenset[str]


def read_report(
    reader: Reader, text: str, posterior: Posterior | None, languages: frozenset[str] | None = None
) -> ReportReading:
    """What a report says.

    Args:
        reader: with the adapter.
        text: the report.
        posterior: gives the probabilities; None for the adapter's own.
        languages: of its sentences, where they are known.
    """
    reading, statements = reader.read_with_statements(text)
    lines = tuple(_line(statement, reading.cells, posterior) for statement in statements)
    return ReportReading(reading.cells, lines, reader.languages(text) if languages is None else languages)


def _line(statement: Statement, cells: Mapping[str, Cell], posterior: Posterior | None) -> Line:
    assertion = statement.assertion
    cell = cells.get(assertion.finding)
    decides = cell is not None and cell.evidence == statement.placed
    state = assertion.state if statement.is_evidence or assertion.state == NOT_ASSESSABLE else NO_EVIDENCE
    target = None
    if statement.is_evidence:
        target = _target(statement.cell, cells.values() if decides else (), posterior)
    return Line(assertion.finding, state, assertion.cue, statement.section, target, decides)


def _target(cell: Cell, report: Collection[Cell], posterior: Posterior | None) -> float:
    return cell.probability if posterior is None else posterior(cell, report)[0]
