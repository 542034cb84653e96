"""What ``extract`` and ``cues`` write of one report, as the inside of a JSON object."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

if TYPE_CHECKING:  # at run time it would cost every extract the start of numpy
    from glsmed.site_adapters.calibration.calibration import Calibration

Answer = Callable[[Reader, str], str]

dumps = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def extract_answer(reader: Reader, text: str) -> str:
    """What ``extract`` writes of one report, as the inside of a JSON object."""
    return _extracted(reader, reader.read(text).cells.values())


@dataclass(frozen=True, slots=True)
class CalibratedAnswer:
    """:func:`extract_answer` with the probabilities of a site's calibration."""

    calibration: "Calibration"

    def __call__(self, reader: Reader, text: str) -> str:
        """The inside of a JSON object."""
        return _extracted(reader, self.calibration.calibrated(reader.read(text).cells))


def _extracted(reader: Reader, cells: Iterable[Cell]) -> str:
    listed = ", ".join(map(_cell_json, cells))
    return f'"adapter": {_label(reader.adapter.label)}, "findings": {{{listed}}}'


@lru_cache
def _label(label: str) -> str:
    return dumps(label)


def _cell_json(cell: Cell) -> str:
    """A cell as it stands in a line of ``extract``; written by hand, for this is where much of the time goes."""
    evidence = ", ".join(
        [f'{{"start": {start}, "end": {end}, "role": "{role}"}}' for start, end, role in cell.evidence]
    )
    return f'{_told(cell[:-1])}, "evidence": [{evidence}]}}'


@lru_cache(maxsize=20_000)
def _told(told: tuple[object, ...]) -> str:
    """The opening of a cell's JSON: everything but its evidence."""
    cell = Cell._make((*told, ()))
    content = cell.as_dict()
    del content["evidence"]
    return f"{dumps(cell.finding)}: {dumps(content)[:-1]}"


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
