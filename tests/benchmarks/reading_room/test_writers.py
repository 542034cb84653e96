"""Each way of saying a finding means to the built-in adapters what the reader meant by it."""

from collections import defaultdict
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS, Hospital
from glsmed.benchmarks.reading_room.readers import PHRASINGS, UNMENTIONED
from glsmed.benchmarks.reading_room.sites import DrawnExamination, draw_site
from glsmed.benchmarks.reading_room.writers import write_report
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

PATIENTS = 200
STATES = {
    "affirmed": {"present"},
    "likely": {"uncertain"},
    "possible": {"uncertain"},
    "cannot_exclude": {"uncertain"},
    "unlikely": {"uncertain", "absent"},
    "negated": {"absent"},
}
MOST_UNLIKELY = 0.3
LEAST_RIGHT = 0.99

pytestmark = pytest.mark.parametrize("hospital", HOSPITALS, ids=lambda hospital: hospital.name)


@cache
def reader_of(adapter: str) -> Reader:
    return Reader(load_adapter(adapter))


@cache
def studies_of(hospital_name: str) -> tuple[DrawnExamination, ...]:
    hospital = next(hospital for hospital in HOSPITALS if hospital.name == hospital_name)
    return tuple(draw_site(hospital, patients=PATIENTS, seed=11))


def is_right(how: str, cell: Cell | None) -> bool:
    if cell is None:
        return False
    return cell.state in STATES[how] and (how != "unlikely" or cell.probability < MOST_UNLIKELY)


def test_said_cells_get_the_state_that_the_words_mean(hospital: Hospital) -> None:
    reader = reader_of(hospital.adapter)
    right, wrong = 0, []
    for study in studies_of(hospital.name):
        cells = reader.read(study.report).cells
        for finding, how in study.phrasings.items():
            if how != UNMENTIONED and not is_right(how, cells.get(finding)):
                wrong.append((study.study_id, finding, how))
            elif how != UNMENTIONED:
                right += 1
    assert right >= PATIENTS
    assert len(wrong) <= (1 - LEAST_RIGHT) * (right + len(wrong)), wrong[:10]


def test_unmentioned_stays_unmentioned(hospital: Hospital) -> None:
    reader = reader_of(hospital.adapter)
    invented = [
        (study.study_id, finding)
        for study in studies_of(hospital.name)
        for finding in study.phrasings.keys() & reader.read(study.report).cells.keys()
        if study.phrasings[finding] == UNMENTIONED
    ]
    assert not invented


def test_probabilities_follow_the_readers_order(hospital: Hospital) -> None:
    reader = reader_of(hospital.adapter)
    rng = np.random.default_rng(5)
    seen: defaultdict[str, set[float]] = defaultdict(set)
    for how in PHRASINGS:
        for _ in range(60):
            cell = reader.read(write_report({"nodule": how}, hospital.language, rng)).cells["nodule"]
            seen[how].add(cell.probability)
    for lower, higher in pairwise(PHRASINGS):
        assert max(seen[lower]) <= min(seen[higher]), (lower, seen[lower], higher, seen[higher])
        if (lower, higher) != ("cannot_exclude", "possible"):
            assert max(seen[lower]) < min(seen[higher])
