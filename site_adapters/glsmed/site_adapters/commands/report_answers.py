"""What ``extract`` and ``cues`` write of one report, as the inside of a JSON object."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from glsmed.site_adapters.adapter.schema import State
from glsmed.site_adapters.reading.cells import Cell, Span
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.reading.statements import NO_PRIOR, Statement

if TYPE_CHECKING:  # at run time it would cost every extract the start of numpy
    from glsmed.site_adapters.calibration.calibration import Calibration

Answer = Callable[[Reader, str], str]

dumps = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def extract_answer(reader: Reader, text: str) -> str:
    """What ``extract`` writes of one report, as the inside of a JSON object."""
    return _extracted(reader, map(_statement_json, reader.deciding(text)))


@dataclass(frozen=True, slots=True)
class CalibratedAnswer:
    """:func:`extract_answer` with the probabilities of a site's calibration."""

    calibration: "Calibration"

    def __call__(self, reader: Reader, text: str) -> str:
        """The inside of a JSON object."""
        return _extracted(reader, map(_cell_json, self.calibration.calibrated(reader.read(text).cells)))


def _extracted(reader: Reader, cells: Iterable[str]) -> str:
    listed = ", ".join(cells)
    return f'"adapter": {_label(reader.adapter.label)}, "findings": {{{listed}}}'


@lru_cache
def _label(label: str) -> str:
    return dumps(label)


def _cell_json(cell: Cell) -> str:
    """A cell as it stands in a line of ``extract``."""
    told = _told(cell.finding, cell.state, cell.probability, cell.spread, cell.cue, cell.section)
    return _with_evidence(told, cell.evidence, 0)


def _statement_json(statement: Statement) -> str:
    """The cell of a statement that decides; without making the cell, for this is where much of the time goes."""
    (finding, state, cue, _, prior, spread, *_), section, _, offset, spans = statement
    return _with_evidence(_told(finding, state, (prior or NO_PRIOR).mean, spread, cue, section), spans, offset)


def _with_evidence(told: str, spans: Iterable[Span], offset: int) -> str:
    evidence = ", ".join(
        [
            f'{{"start": {start + offset}, "end": {end + offset}, "role": "{role}"}}'  # by hand, which is fast
            for start, end, role in spans
        ]
    )
    return f'{told}, "evidence": [{evidence}]}}'


@lru_cache(maxsize=20_000)
def _told(finding: str, state: State, probability: float, spread: float, cue: str, section: str) -> str:
    """The opening of a cell's JSON: everything but its evidence."""
    content = Cell(finding, state, probability, spread, 0.0, cue, "", section, 1.0, ()).as_dict()
    del content["evidence"]
    return f"{dumps(finding)}: {dumps(content)[:-1]}"


def cues_answer(reader: Reader, text: str) -> str:
    """What ``cues`` writes of one report, as the inside of a JSON object."""
    content = {
        "cues": [
            {
                "start": mark.start,
                "end": mark.end,
                "kind": mark.kind,
                "cue": mark.cue,
                "probability": mark.probability,
                "scope": list(mark.scope),
            }
            for mark in reader.marks(text)
        ]
    }
    return dumps(content)[1:-1]
