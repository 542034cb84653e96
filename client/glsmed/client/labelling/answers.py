"""What readers answered: one SQLite file that only grows, so that nothing is lost whoever writes at the same time."""

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, PRIVATE_FOLDER

Value = Literal["present", "absent", "cannot tell"]
VALUES: tuple[Value, ...] = get_args(Value)
Report = Literal["shown", "hidden", "unknown"]
Role = Literal["reader", "adjudicator"]

_LAYOUT = 1
_WAIT_SECONDS = 10.0
_SECRET_BYTES = 16
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, reader TEXT NOT NULL, role TEXT NOT NULL,
    study_id TEXT NOT NULL, finding TEXT NOT NULL, value TEXT, report TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS answers_by_cell ON answers (study_id, finding, reader, role, id);
CREATE TABLE IF NOT EXISTS asked (
    study_id TEXT NOT NULL, finding TEXT NOT NULL, at TEXT NOT NULL, batch INTEGER NOT NULL, place REAL NOT NULL,
    stratum TEXT NOT NULL, cells INTEGER NOT NULL, drawn INTEGER NOT NULL, twice INTEGER NOT NULL,
    PRIMARY KEY (study_id, finding)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opened (
    study_id TEXT NOT NULL, reader TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (study_id, reader)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS written (
    study_id TEXT NOT NULL, finding TEXT NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (study_id, finding)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret (text TEXT NOT NULL);
"""


class Answer(NamedTuple):
    """One answer of one reader about one cell; ``value`` is None where the reader took an answer back.

    Attributes:
        report: whether the reader saw the report; ``unknown`` for answers from elsewhere.
        at: when, in UTC.
    """

    reader: str
    study_id: str
    finding: str
    value: Value | None
    report: Report
    role: Role = "reader"
    at: str = ""


class Asked(NamedTuple):
    """A cell that was drawn.

    Attributes:
        place: of its examination in the order of drawing.
        stratum: that it was drawn from, of so many ``cells``; ``drawn`` of them were drawn by then.
        twice: whether two readers are asked.
        batch: number of the draw.
    """

    study_id: str
    finding: str
    place: float
    stratum: str
    cells: int
    drawn: int
    twice: bool
    batch: int = 0

    @property
    def inclusion(self) -> float:
        """With which probability a cell of the stratum had been drawn by then."""
        return self.drawn / self.cells


class AnswerStore:
    """The file at ``path``; every method is one transaction of its own, and may run in any thread or process."""

    def __init__(self, path: Path) -> None:
        """Make the file where there is none, readable by its owner only.

        Raises:
            DataError: it cannot be made, or is not one of ours.
        """
        self.path = path
        try:
            path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            path.touch(mode=PRIVATE_FILE)
            with self._changing() as store:
                self._prepare(store)
        except (OSError, sqlite3.Error) as error:
            raise DataError(f"{path}: the answers cannot be kept here: {error}") from None

    def _prepare(self, store: sqlite3.Connection) -> None:
        layout = int(store.execute("PRAGMA user_version").fetchone()[0])
        if layout not in (0, _LAYOUT):
            raise DataError(f"{self.path}: expected layout {_LAYOUT}, got {layout}: made by another release of glsmed")
        for statement in _SCHEMA.split(";"):
            store.execute(statement)
        store.execute(f"PRAGMA user_version = {_LAYOUT}")
        if store.execute("SELECT count(*) FROM secret").fetchone()[0] == 0:
            store.execute("INSERT INTO secret VALUES (?)", (secrets.token_hex(_SECRET_BYTES),))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)) as store:
            store.execute("PRAGMA journal_mode = WAL")
            yield store

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that waits for others to end before it reads: none writes over what it has not seen."""
        with self._open() as store:
            store.execute("BEGIN IMMEDIATE")
            try:
                yield store
            except BaseException:
                store.execute("ROLLBACK")
                raise
            store.execute("COMMIT")

    @property
    def secret(self) -> str:
        """What the order of drawing follows from."""
        with self._open() as store:
            return str(store.execute("SELECT text FROM secret").fetchone()[0])

    def add(self, answers: Sequence[Answer]) -> None:
        """Keep these answers, on disk when the call returns; the latest of a reader and role counts."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        rows = [
            (one.at or now, one.reader, one.role, one.study_id, one.finding, one.value, one.report) for one in answers
        ]
        with self._changing() as store:
            store.executemany(
                "INSERT INTO answers (at, reader, role, study_id, finding, value, report) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def answers(self, study_id: str | None = None) -> list[Answer]:
        """The latest answer of each reader and role about each cell, in the order given; of one examination or all."""
        query = (
            "SELECT reader, study_id, finding, value, report, role, at FROM answers WHERE id IN "
            "(SELECT max(id) FROM answers WHERE (?1 IS NULL OR study_id = ?1) "
            "GROUP BY study_id, finding, reader, role) AND value IS NOT NULL ORDER BY id"
        )
        with self._open() as store:
            return [Answer(*row) for row in store.execute(query, (study_id,))]

    def history(self, study_id: str, finding: str) -> list[Answer]:
        """Every answer about one cell, the earliest first, those taken back included."""
        query = (
            "SELECT reader, study_id, finding, value, report, role, at FROM answers "
            "WHERE study_id = ? AND finding = ? ORDER BY id"
        )
        with self._open() as store:
            return [Answer(*row) for row in store.execute(query, (study_id, finding))]

    def asked(self) -> list[Asked]:
        """Every drawn cell, in the order in which examinations are shown."""
        with self._open() as store:
            return _asked(store)

    @contextmanager
    def drawing(self) -> Iterator[tuple[list[Asked], list[Asked]]]:
        """What was drawn, and a list that takes what is drawn now; no other process draws meanwhile."""
        with self._changing() as store:
            before: list[Asked] = _asked(store)
            new: list[Asked] = []
            yield before, new
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            batch = max((one.batch for one in before), default=0) + 1
            rows = [
                (one.study_id, one.finding, now, batch, one.place, one.stratum, one.cells, one.drawn, one.twice)
                for one in new
            ]
            store.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def open_study(self, study_id: str, reader: str) -> None:
        """Note that a reader looks at an examination; the first time counts."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._changing() as store:
            store.execute("INSERT OR IGNORE INTO opened VALUES (?, ?, ?)", (study_id, reader, now))

    def opened(self) -> dict[str, list[tuple[str, datetime]]]:
        """By examination, who looked at it first when."""
        found: dict[str, list[tuple[str, datetime]]] = {}
        with self._open() as store:
            for study_id, reader, at in store.execute("SELECT study_id, reader, at FROM opened"):
                found.setdefault(study_id, []).append((reader, datetime.fromisoformat(at)))
        return found

    def written(self) -> dict[tuple[str, str], int]:
        """The gold labels that this store put into the gold file."""
        with self._open() as store:
            rows = store.execute("SELECT study_id, finding, value FROM written")
            return {(study_id, finding): value for study_id, finding, value in rows}

    def set_written(self, gold: dict[tuple[str, str], int]) -> None:
        """Note which gold labels of this store the gold file holds."""
        with self._changing() as store:
            store.execute("DELETE FROM written")
            store.executemany("INSERT INTO written VALUES (?, ?, ?)", [(*cell, value) for cell, value in gold.items()])


def _asked(store: sqlite3.Connection) -> list[Asked]:
    query = (
        "SELECT study_id, finding, place, stratum, cells, drawn, twice, batch FROM asked ORDER BY batch, place, finding"
    )
    return [Asked._make((*row[:6], bool(row[6]), row[7])) for row in store.execute(query)]
