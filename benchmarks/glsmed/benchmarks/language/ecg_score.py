"""PTB-XL: an adapter that a department wrote for its electrocardiograms, against fixed tables, by likelihood."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glsmed.benchmarks.corpora.ptbxl import EcgReport
from glsmed.benchmarks.language.published_tables import ALL_OR_NOTHING, TABLES, by_table
from glsmed.shared.cue_calibration.family_shifts import Floats
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.gold_cells import GoldCell, mentioned
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

LABELS = 100
REPEATS = 20
ADAPTERS = {"german": ("ecg-german.yaml", "0"), "english": ("ecg-english.yaml", "1")}
_CODES = {"avb1": "1AVB"}
_ISCHAEMIA = "isc"


@dataclass(frozen=True, slots=True)
class EcgScores:
    """Brier against the coded likelihood over cells that the words mention, the labelled ones left out.

    Attributes:
        calibrated: after 100 labels; ``hedged`` holds the same numbers for hedged cells alone.
        tables: of each fixed table.
    """

    cells: int
    prior: float
    calibrated: float
    tables: dict[str, float]
    hedged: dict[str, float]


def ecg_cells(adapter_file: Path, reports: Sequence[EcgReport]) -> tuple[Reader, list[GoldCell]]:
    """The mentioned findings that the department added, each with the likelihood of its statement."""
    reader = Reader(load_adapter(adapter_file))
    own = set(reader.adapter.findings) - set(load_adapter(f"{reader.adapter.language}_radiology").findings)
    found = []
    for report in reports:
        cells = reader.read(report.text).cells
        for finding in sorted(own & cells.keys()):
            likelihood = _likelihood(report, finding)
            if likelihood is not None:
                found.append(GoldCell(report.report_id, finding, likelihood, cells[finding], tuple(cells.values())))
    return reader, found


def _likelihood(report: EcgReport, finding: str) -> float | None:
    """Of the finding's statement; None where it was made without one. Any ischaemia counts for ischaemia."""
    code = _CODES.get(finding, finding.upper())
    if finding == _ISCHAEMIA:
        return max((value for name, value in report.likelihood.items() if name.startswith(code)), default=0.0)
    return None if code in report.unrated else report.likelihood.get(code, 0.0)


def score_ecg(reader: Reader, cells: Sequence[GoldCell]) -> EcgScores:
    """Means over repeats, each with 100 random cells labelled and scored on the others."""
    rng = np.random.default_rng(LABELS)
    runs = []
    for _ in range(REPEATS):
        order = rng.permutation(len(cells)).tolist()
        labelled, rest = [cells[at] for at in order[:LABELS]], [cells[at] for at in order[LABELS:]]
        calibration = calibrate(reader.adapter, labelled)
        said = {
            "prior": _said(rest, lambda cell: cell.probability),
            "calibrated": np.array([calibration(cell)[0] for _, cell in mentioned(rest)]),
            **{name: _tabled(rest, name) for name in (*TABLES, *ALL_OR_NOTHING)},
        }
        runs.append({name: _briers(probability, rest) for name, probability in said.items()})
    means = {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}
    tables = {name: float(means[name][0]) for name in (*TABLES, *ALL_OR_NOTHING)}
    return EcgScores(
        cells=len(cells),
        prior=float(means["prior"][0]),
        calibrated=float(means["calibrated"][0]),
        tables=tables,
        hedged={name: float(pair[1]) for name, pair in means.items()},
    )


def _said(cells: Sequence[GoldCell], say: Callable[[Cell], float]) -> Floats:
    return np.array([say(cell) for _, cell in mentioned(cells)])


def _tabled(cells: Sequence[GoldCell], name: str) -> Floats:
    if name in TABLES:
        return _said(cells, lambda cell: by_table(cell, TABLES[name]))
    doubt = ALL_OR_NOTHING[name]
    return _said(cells, lambda cell: {"present": 1.0, "absent": 0.0}.get(cell.state, doubt))


def _briers(said: Floats, cells: Sequence[GoldCell]) -> tuple[float, float]:
    """Brier over all cells and over the hedged ones."""
    squares = (said - np.array([gold.value for gold in cells])) ** 2
    hedged = np.array([gold.hedged for gold in cells])
    return float(squares.mean()), float(squares[hedged].mean())
