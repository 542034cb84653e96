"""Which examination a reader sees next, and what is asked about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from glsmed.client.labelling.agreement import Cell, outcome
from glsmed.client.labelling.answers import Answer, AnswerStore, Asked
from glsmed.client.labelling.choosing.draw import BATCH, allot, label_weights, order_number
from glsmed.client.labelling.choosing.pool import Integers, Pool
from glsmed.client.labelling.choosing.worth import Standing

TWICE = 0.25  # share of examinations that two readers are asked about, drawn whatever they are worth
_CLAIM = timedelta(minutes=30)  # so long an examination that one reader has open is not given to another
_LEAST_WAITING = 3  # examinations left for a reader, below which more are drawn
_TEST = "test: "


@dataclass(frozen=True, slots=True)
class Frame:
    """What may be asked about.

    Attributes:
        pool: the examinations of patients that are learned from.
        test: those of test patients, which are labelled evenly, all findings at once; ``test_share`` of the labels.
        gold: gold labels from elsewhere.
    """

    pool: Pool
    test: tuple[str, ...]
    test_share: float
    gold: Mapping[Cell, int]

    @property
    def findings(self) -> tuple[str, ...]:
        """Those of the study."""
        return self.pool.findings


class Queue:
    """The examinations that are drawn, and who has answered what."""

    def __init__(self, store: AnswerStore, frame: Frame) -> None:
        """The queue of this store; it draws more as readers go on."""
        self.store, self.frame = store, frame
        secret = store.secret
        self._place = {study_id: order_number(secret, study_id) for study_id in (*frame.pool.study_ids, *frame.test)}
        self._twice = {study_id: order_number(f"{secret} twice", study_id) < TWICE for study_id in self._place}
        self._lines = _lines(frame.pool, self._place)

    def waiting(self, reader: str) -> list[str]:
        """The examinations that wait for this reader, the next one first; draws more where few are left."""
        found = self._waiting(reader)
        while len(found) < _LEAST_WAITING and self.draw():
            found = self._waiting(reader)
        return found

    def _waiting(self, reader: str) -> list[str]:
        answers, opened, now = self.store.answers(), self.store.opened(), datetime.now(UTC)
        answered: dict[str, dict[str, set[str]]] = {}
        for one in answers:
            if one.role == "reader":
                answered.setdefault(one.study_id, {}).setdefault(one.reader, set()).add(one.finding)
        found = []
        for study_id, cells in _by_study(self.store.asked()).items():
            busy = {name for name, at in opened.get(study_id, []) if now - at < _CLAIM}
            done = {
                name
                for name, known in answered.get(study_id, {}).items()
                if all(cell.finding in known for cell in cells)
            }
            others = (busy | done) - {reader}
            if reader not in done and len(others) < (2 if cells[0].twice else 1):
                found.append(study_id)
        return found

    def draw(self) -> int:
        """Draw a batch of cells; gives how many. No two processes draw at once."""
        answers = self.store.answers()
        with self.store.drawing() as (before, new):
            new.extend(self._next_cells(before, answers))
        return len(new)

    def _next_cells(self, before: Sequence[Asked], answers: Sequence[Answer]) -> list[Asked]:
        drawn = self._drawn(before)
        rng = np.random.default_rng([len(before), int(self.store.secret, 16)])
        counts = drawn + allot(self.frame.pool, self._standing(drawn, answers), labels=BATCH, rng=rng)
        learned = self._of_strata(drawn, counts)
        return [*self._of_test(before, alone=not learned), *learned]

    def _drawn(self, before: Sequence[Asked]) -> Integers:
        """``(H,)`` cells of each stratum that are drawn or have gold from elsewhere."""
        pool = self.frame.pool
        rows = {study_id: place for place, study_id in enumerate(pool.study_ids)}
        columns = {name: place for place, name in enumerate(pool.findings)}
        cells = [
            (rows[one.study_id], columns[one.finding])
            for one in before
            if one.study_id in rows and one.finding in columns
        ]
        return np.where(pool.known, pool.sizes, pool.labels(cells))

    def _standing(self, drawn: Integers, answers: Sequence[Answer]) -> Standing:
        test = set(self.frame.test)
        gold = {**self.frame.gold, **outcome(answers).gold}
        counts = {(name, value): 0 for name in self.frame.findings for value in (0, 1)}
        for (study_id, name), value in gold.items():
            if study_id not in test and (name, value) in counts:
                counts[name, value] += 1
        absent, present = (
            np.array([counts[name, value] for name in self.frame.findings], dtype=np.intp) for value in (0, 1)
        )
        return Standing(drawn, present, absent)

    def _of_strata(self, drawn: Integers, counts: Integers) -> list[Asked]:
        pool, asked = self.frame.pool, {(one.study_id, one.finding) for one in self.store.asked()}
        found = []
        for stratum in np.flatnonzero(counts > drawn).tolist():
            finding = pool.findings[int(pool.finding[stratum])]
            line = [study_id for study_id in self._lines[stratum] if (study_id, finding) not in asked]
            more = int(counts[stratum] - drawn[stratum])
            size = (int(pool.sizes[stratum]), int(counts[stratum]))
            found += [self._asked(study_id, finding, pool.names[stratum], size) for study_id in line[:more]]
        return found

    def _of_test(self, before: Sequence[Asked], *, alone: bool) -> list[Asked]:
        """The next examination of a test patient, where these have less than their share, or no others are left."""
        mine = [one for one in before if one.stratum.startswith(_TEST)]
        taken = {one.study_id for one in mine} | {study_id for study_id, _ in self.frame.gold}
        left = [study_id for study_id in self.frame.test if study_id not in taken]
        enough = len(mine) > self.frame.test_share * (len(before) + BATCH)
        if not left or (enough and not alone):
            return []
        chosen, size = min(left, key=self._place.__getitem__), (len(self.frame.test), len({*taken}) + 1)
        return [self._asked(chosen, name, f"{_TEST}{name}", size) for name in self.frame.findings]

    def _asked(self, study_id: str, finding: str, stratum: str, size: tuple[int, int]) -> Asked:
        return Asked(study_id, finding, self._place[study_id], stratum, *size, self._twice[study_id])

    def weights(self, gold: Mapping[Cell, int]) -> dict[Cell, float]:
        """The weight of each of these labels in calibration; 0 for answers that were not asked for.

        Labels of test patients weigh 1.
        """
        pool = self.frame.pool
        rows = {study_id: place for place, study_id in enumerate(pool.study_ids)}
        columns = {name: place for place, name in enumerate(pool.findings)}
        sizes = dict(zip(pool.names, pool.sizes.tolist(), strict=True))
        asked = {(one.study_id, one.finding) for one in self.store.asked()}
        stratum = {
            cell: pool.names[int(pool.stratum[rows[cell[0]], columns[cell[1]]])]
            for cell in gold
            if cell in asked and cell[0] in rows
        }
        by_stratum = label_weights(sizes, stratum.values())
        weights = {cell: by_stratum[name] for cell, name in stratum.items()}
        test = set(self.frame.test)
        return {cell: weights.get(cell, 1.0 if cell[0] in test and cell in asked else 0.0) for cell in gold}


def _lines(pool: Pool, place: Mapping[str, float]) -> list[list[str]]:
    """The examinations of each stratum in their order."""
    lines: list[list[str]] = [[] for _ in pool.names]
    for row in sorted(range(len(pool.study_ids)), key=lambda row: place[pool.study_ids[row]]):
        for stratum in pool.stratum[row].tolist():
            lines[stratum].append(pool.study_ids[row])
    return lines


def _by_study(asked: Sequence[Asked]) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = {}
    for one in asked:
        found.setdefault(one.study_id, []).append(one)
    return found
