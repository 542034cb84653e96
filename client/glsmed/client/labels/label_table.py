"""The label table: for every examination and finding, the words behind its training target. It never leaves the site.

One SQLite file, readable by its owner only; rebuilt when the code that reads, the adapter, the cue calibration,
the reports or the study's label settings change, and replaced only when the new one is complete.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

import torch

from glsmed.client.data.manifest import Manifest
from glsmed.shared import smoothing
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, atomic_replace, remove_leftovers
from glsmed.shared.processes.memory import collections_paused
from glsmed.shared.protocol.study import LabelSection
from glsmed.shared.smoothing import rates_from_probability, smoothed_targets, weights_from_spread
from glsmed.site_adapters.adapter.code_digest import reading_code_digest
from glsmed.site_adapters.inputs.progress import track
from glsmed.site_adapters.reading.cells import NOT_ASSESSABLE, Cell
from glsmed.site_adapters.reading.reader import Reader

LAYOUT = 1
_REMEMBERED = 100_000  # a site has few cues, so most cells repeat a probability

SilentState = Literal["not assessable", "unmentioned"]  # the report says nothing of the finding
CellState = Literal["present", "absent", "uncertain", SilentState]
SILENT_STATES: tuple[SilentState, ...] = get_args(SilentState)
UNMENTIONED: Final = "unmentioned"
STATES: tuple[CellState, ...] = ("present", "uncertain", "absent", NOT_ASSESSABLE, UNMENTIONED)
CalibrateCell = Callable[[Cell, Collection[Cell]], tuple[float, float]]


class LabelRow(NamedTuple):
    """One cell of the table.

    Attributes:
        cue: id of the deciding cue; empty for an unmentioned finding.
        span_start: first character of the deciding words in the report; -1 for none.
        prior_mean: P(finding | words) of the adapter file.
        posterior_mean: the same after the site's cue calibration; ``posterior_spread`` is its standard deviation.
        label: y in {0, 1}; with ``rate`` r it makes ``target`` t = y(1 - r) + r/2.
        weight: weight of the cell in the loss; 0 masks it.
        adapter: name@version+digest of the adapter that read the report.
    """

    study_id: str
    patient_id: str
    finding: str
    state: CellState
    cue: str
    span_start: int
    span_end: int
    section: str
    prior_mean: float
    posterior_mean: float
    posterior_spread: float
    label: float
    rate: float
    target: float
    weight: float
    adapter: str


_COLUMNS = LabelRow._fields


@dataclass(frozen=True, slots=True)
class LabelSource:
    """What the table is made from.

    Attributes:
        manifest: the site's examinations and reports.
        reader: the site's adapter, ready to read.
        findings: the findings of the federation's study.
        settings: what happens to unmentioned findings.
        calibration: gives the posterior mean and standard deviation of a cell among those of its report; None keeps the
            adapter's; ``calibration_digest`` identifies it.
    """

    manifest: Manifest
    reader: Reader
    findings: Sequence[str]
    settings: LabelSection
    calibration: CalibrateCell | None = None
    calibration_digest: str = ""

    def digest(self) -> str:
        """A digest that changes whenever the table would."""
        content = hashlib.sha256()
        identity = [
            LAYOUT,
            _code_digest(),
            self.reader.adapter.digest,
            self.calibration_digest,
            list(self.findings),
            self.settings.model_dump(),
        ]
        content.update(json.dumps(identity, sort_keys=True).encode())
        for study_id, patient_id in self.manifest.patients.items():
            content.update(f"{study_id}\0{patient_id}\0{self.manifest.reports[study_id]}\0".encode())
        return content.hexdigest()


@cache
def _code_digest() -> str:
    """Digest of the code that reads reports and of that which makes targets of them."""
    own = hashlib.sha256(reading_code_digest().encode())
    for source in (smoothing.__file__, __file__):
        own.update(Path(source).read_bytes())
    return own.hexdigest()


def load_label_table(path: Path, source: LabelSource) -> list[LabelRow]:
    """All rows; read from ``path`` if it was made from the same source, otherwise made again.

    Raises:
        DataError: the table cannot be written.
    """
    digest = source.digest()
    if _stored_digest(path) != digest:
        try:
            remove_leftovers(path)
            _write(path, _make_rows(source), digest)
        except (OSError, sqlite3.Error) as error:
            raise DataError(f"{path}: the label table cannot be written: {error}") from None
    return _read(path)


def _make_rows(source: LabelSource) -> Iterator[LabelRow]:
    adapter = source.reader.adapter
    identity = f"{adapter.name}@{adapter.version}+{adapter.digest[:12]}"
    known = [finding for finding in source.findings if finding in adapter.findings]
    patients = source.manifest.patients
    for study_id, text in track(source.manifest.reports.items(), description="reading reports", total=len(patients)):
        reading = source.reader.read(text)
        for finding in known:
            place = (study_id, patients[study_id], finding)
            if finding in reading.cells:
                yield _mentioned_row(place, reading.cells, source, identity)
            else:
                state: SilentState = NOT_ASSESSABLE if finding in reading.not_assessable else UNMENTIONED
                yield _silent_row(place, state, source.settings, identity)


def _mentioned_row(
    place: tuple[str, str, str], cells: Mapping[str, Cell], source: LabelSource, adapter: str
) -> LabelRow:
    cell = cells[place[-1]]
    mean, spread = cell.probability, cell.spread
    if source.calibration is not None:
        mean, spread = source.calibration(cell, cells.values())
    label, rate, target = _label_rate_target(mean)
    span = next((span for span in cell.evidence if span.role == "cue"), cell.evidence[0])
    return LabelRow(
        *place,
        state=cell.state,
        cue=cell.cue,
        span_start=span.start,
        span_end=span.end,
        section=cell.section,
        prior_mean=cell.probability,
        posterior_mean=mean,
        posterior_spread=spread,
        label=label,
        rate=rate,
        target=target,
        weight=_weight(mean, spread) if source.settings.spread_weights else 1.0,
        adapter=adapter,
    )


def _silent_row(place: tuple[str, str, str], state: SilentState, settings: LabelSection, adapter: str) -> LabelRow:
    """A finding that the report does not mention, or says that it cannot judge: only the first may be absent."""
    mean = settings.unmentioned_probability
    label, rate, target = _label_rate_target(mean)
    return LabelRow(
        *place,
        state=state,
        cue="",
        span_start=-1,
        span_end=-1,
        section="",
        prior_mean=mean,
        posterior_mean=mean,
        posterior_spread=0.0,
        label=label,
        rate=rate,
        target=target,
        weight=1.0 if state == UNMENTIONED and settings.unmentioned == "absent" else 0.0,
        adapter=adapter,
    )


@lru_cache(maxsize=_REMEMBERED)
def _weight(mean: float, spread: float) -> float:
    return float(weights_from_spread(torch.tensor(mean, dtype=torch.float64), torch.tensor(spread)))


@lru_cache(maxsize=_REMEMBERED)
def _label_rate_target(mean: float) -> tuple[float, float, float]:
    label, rate = rates_from_probability(torch.tensor(mean, dtype=torch.float64))
    return float(label), float(rate), float(smoothed_targets(label, rate))


def _write(path: Path, rows: Iterable[LabelRow], digest: str) -> None:
    with atomic_replace(path) as temporary:
        temporary.chmod(PRIVATE_FILE)
        with closing(sqlite3.connect(temporary)) as table, table:
            table.execute(f"CREATE TABLE labels ({', '.join(_COLUMNS)}, PRIMARY KEY (study_id, finding)) WITHOUT ROWID")
            table.execute("CREATE TABLE made_from (digest)")
            table.execute("INSERT INTO made_from VALUES (?)", (digest,))
            marks = ", ".join("?" * len(_COLUMNS))
            table.executemany(f"INSERT INTO labels VALUES ({marks})", rows)  # noqa: S608  # only question marks, no data


def _stored_digest(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        with closing(sqlite3.connect(path)) as table:
            return str(table.execute("SELECT digest FROM made_from").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return ""  # not one of our tables, or of another layout: it is made again


def _read(path: Path) -> list[LabelRow]:
    """All rows; equal words and numbers are one object, since a large site has a million cells."""
    known: list[dict[object, object]] = [{} for _ in _COLUMNS]
    keep = [values.setdefault for values in known]
    with collections_paused(), closing(sqlite3.connect(path)) as table:
        cells = table.execute(f"SELECT {', '.join(_COLUMNS)} FROM labels")  # noqa: S608  # fixed names
        return [LabelRow._make([one(value, value) for one, value in zip(keep, row, strict=True)]) for row in cells]


def count_states(rows: Sequence[LabelRow]) -> Mapping[str, Mapping[CellState, int]]:
    """Number of cells by finding and state; every state is there."""
    counts: dict[str, dict[CellState, int]] = {}
    for row in rows:
        counts.setdefault(row.finding, dict.fromkeys(STATES, 0))[row.state] += 1
    return counts
