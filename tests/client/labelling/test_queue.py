from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from glsmed.client.labelling.answers import VALUES, Answer
from glsmed.client.labelling.session import Labelling

Opener = Callable[..., Labelling]


def answer_all(session: Labelling, study_id: str) -> None:
    asked = session.asked_of(study_id)
    session.store.add([Answer(session.reader, study_id, finding, "absent", "hidden") for finding in asked])


def test_an_answered_examination_comes_again_only_for_new_questions_and_all_come_in_the_end(open_as: Opener) -> None:
    session = open_as()
    while waiting := session.queue.waiting("tanaka"):
        study_id = waiting[0]
        assert session.asked_of(study_id) - session.mine(study_id).keys()
        answer_all(session, study_id)
    cells = {(study_id, finding) for study_id in session.reports for finding in session.findings}
    assert {(one.study_id, one.finding) for one in session.store.answers()} == cells


def test_what_is_asked_of_a_stratum_are_its_first_cells_by_the_order(open_as: Opener) -> None:
    session = open_as()
    session.queue.waiting("tanaka")
    pool, order = session.queue.frame.pool, session.queue._place
    asked = {(one.study_id, one.finding) for one in session.store.asked() if not one.stratum.startswith("test")}
    for stratum in range(len(pool.names)):
        finding = pool.findings[int(pool.finding[stratum])]
        rows = sorted(np.flatnonzero((pool.stratum == stratum).any(1)), key=lambda row: order[pool.study_ids[row]])
        taken = [(pool.study_ids[row], finding) in asked for row in rows]
        assert taken == sorted(taken, reverse=True)


def test_a_test_patient_is_asked_about_every_finding(open_as: Opener) -> None:
    session = open_as()
    for _ in range(3):
        session.queue.draw()
    test = set(session.queue.frame.test)
    asked = Counter(one.study_id for one in session.store.asked() if one.study_id in test)
    assert asked
    assert set(asked.values()) == {len(session.findings)}


def test_one_reader_gets_no_examination_that_another_has_open_unless_both_are_asked(open_as: Opener) -> None:
    first, second = open_as("a"), open_as("b")
    mine = first.queue.waiting("a")
    for study_id in mine:
        first.store.open_study(study_id, "a")
    twice = {one.study_id for one in first.store.asked() if one.twice}
    others = second.queue.waiting("b")
    assert others
    assert set(mine) & set(others) <= twice


def test_a_quarter_is_read_twice_and_no_more_than_twice(open_as: Opener) -> None:
    sessions = [open_as(name) for name in "abc"]
    for session in sessions:
        while waiting := session.queue.waiting(session.reader):
            answer_all(session, waiting[0])
    readers: dict[str, set[str]] = {}
    for one in sessions[0].store.answers():
        readers.setdefault(one.study_id, set()).add(one.reader)
    twice = {one.study_id for one in sessions[0].store.asked() if one.twice}
    assert {study_id for study_id, names in readers.items() if len(names) == 2} == twice
    assert max(map(len, readers.values())) == 2


def test_cells_with_gold_from_elsewhere_are_not_asked(
    open_as: Opener, drawn_data_gold: Callable[[int], object]
) -> None:
    session = open_as(gold=drawn_data_gold(40))
    session.queue.waiting("tanaka")
    asked = {(one.study_id, one.finding) for one in session.store.asked()}
    assert asked
    assert not asked & session.queue.frame.gold.keys()


def test_what_was_not_asked_weighs_nothing_and_test_patients_weigh_one(open_as: Opener) -> None:
    session = open_as()
    session.queue.waiting("tanaka")
    asked = session.store.asked()
    test = set(session.queue.frame.test)
    cells = {(one.study_id, one.finding): 1 for one in asked}
    unasked = next(
        (one.study_id, name) for one in asked for name in session.findings if (one.study_id, name) not in cells
    )
    weights = session.queue.weights({**cells, unasked: 1})
    assert weights[unasked] == 0
    assert {weights[cell] for cell in cells if cell[0] in test} <= {1.0}
    learned = [weights[cell] for cell in cells if cell[0] not in test]
    assert np.mean(learned) == pytest.approx(1)
    assert np.ptp(learned) > 0


def test_each_answer_keeps_whether_the_report_was_shown(open_as: Opener) -> None:
    hidden, shown = open_as("a"), open_as("b", report="shown")
    study_id = hidden.queue.waiting("a")[0]
    for session in (hidden, shown):
        session.answer(study_id, "effusion", VALUES[2])
    assert [one.report for one in hidden.store.answers(study_id)] == ["hidden", "shown"]


def test_every_drawn_cell_has_its_inclusion_probability(open_as: Opener) -> None:
    session = open_as()
    session.queue.waiting("tanaka")
    assert all(0 < one.inclusion <= 1 for one in session.store.asked())
