"""Gold labels beside what the adapter read: what calibration, evaluation and bench learn from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from glsmed.shared.errors import Fault
from glsmed.site_adapters.inputs.gold_labels import Gold, GoldWeights, read_gold_with_notes
from glsmed.site_adapters.inputs.report_files import read_reports
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader


@dataclass(frozen=True, slots=True)
class GoldCell:
    """One gold label.

    Attributes:
        value: 0 or 1; in between where whoever labelled gave a likelihood.
        cell: what the report says of the finding, or None where it does not mention it.
        report: all cells of the report.
        weight: in calibration: how many cells it stands for, where labels were not drawn evenly.
    """

    report_id: str
    finding: str
    value: float
    cell: Cell | None
    report: tuple[Cell, ...]
    weight: float = 1.0

    @property
    def hedged(self) -> bool:
        """Whether the report doubts the finding."""
        return self.cell is not None and self.cell.state == "uncertain"


class LoadedGold(NamedTuple):
    """The gold labels of a file beside what was read, and what there is to say of rows that were left out."""

    cells: list[GoldCell]
    notes: Sequence[Fault]


def load_gold_cells(reader: Reader, reports: Path, gold: Path) -> LoadedGold:
    """The gold labels of both files, about the adapter's findings.

    Raises:
        UsageError: the reports cannot be read.
        ConfigurationError: with every fault of the reports, or of the gold labels, by its line.
    """
    texts = read_reports(reports)
    terms = {name: finding.terms for name, finding in reader.adapter.findings.items()}
    survey = read_gold_with_notes(
        gold, examinations=texts.keys(), findings=list(terms), terms=terms, among=str(reports)
    )
    return LoadedGold(gold_cells(reader, texts, survey.labels, survey.weights), survey.notes)


def gold_cells(
    reader: Reader, texts: Mapping[str, str], gold: Gold, weights: GoldWeights | None = None
) -> list[GoldCell]:
    """The gold labels with the cells that the reader finds, in the order of the labels; without weights each is 1."""
    weigh = weights or {}
    readings = {report_id: reader.read(texts[report_id]).cells for report_id in dict.fromkeys(key[0] for key in gold)}
    return [
        GoldCell(
            report_id,
            finding,
            value,
            readings[report_id].get(finding),
            tuple(readings[report_id].values()),
            weigh.get((report_id, finding), 1.0),
        )
        for (report_id, finding), value in gold.items()
    ]


def mentioned(cells: Iterable[GoldCell]) -> Sequence[tuple[GoldCell, Cell]]:
    """The gold cells whose finding is mentioned, each with what the report says of it."""
    return [(gold, gold.cell) for gold in cells if gold.cell is not None]
