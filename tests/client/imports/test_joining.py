from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.client.imports.examinations import Examination, examinations
from glsmed.client.imports.image_record import ImageRecord
from glsmed.client.imports.joining import JoinRules, Joins, join
from glsmed.client.imports.report_record import ReportRecord

DAY = datetime(2026, 1, 8, 10)  # noqa: DTZ001  # the hospital's clock


def examination(number: int, **changes: Any) -> Examination:
    known = {
        "study_uid": f"1.2.{number}",
        "accession_number": f"A{number}",
        "patient_id": f"P{number}",
        "acquired_at": DAY,
        **changes,
    }
    (found,), _ = examinations([ImageRecord(Path(f"{number}.dcm"), **known)])
    return found


def report(**known: Any) -> ReportRecord:
    return ReportRecord("Clear.", source="ris", **known)


def joined(examinations: list[Examination], *reports: ReportRecord, **rules: Any) -> Joins:
    return join(examinations, reports, JoinRules(**rules))


def why(joins: Joins) -> str:
    assert joins.joined == []
    ((_, reason),) = joins.not_used
    return reason


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        ({"accession_number": "A1", "study_uid": "1.2.1", "patient_id": "P1"}, "accession number"),
        ({"accession_number": "a1 "}, "accession number"),
        ({"accession_number": "F77", "other_numbers": ("A1",)}, "accession number"),
        ({"study_uid": "1.2.1"}, "study UID"),
        ({"accession_number": "F77", "study_uid": "1.2.1"}, "study UID"),
        ({"patient_id": "P1", "examined_at": DAY}, "patient and day"),
        ({"patient_id": "p1", "reported_at": DAY + timedelta(days=1)}, "patient and day"),
        ({"accession_number": "A1", "patient_id": "0P1"}, "accession number"),
    ],
)
def test_the_best_that_both_have_joins_them(known: dict[str, Any], kind: str) -> None:
    joins = (
        joined([examination(1), examination(2)], report(**known))
        if kind != "patient and day"
        else joined([examination(1, accession_number="", study_uid=""), examination(2)], report(**known))
    )
    assert [(each.examination.patient_id, each.kind) for each in joins.joined] == [("P1", kind)]
    assert joins.kinds[kind] == 1


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"accession_number": "A1", "patient_id": "P2"}, "another patient's examination: 1.2.1"),
        ({"study_uid": "1.2.1", "patient_id": "P2"}, "another patient's examination"),
        ({"accession_number": "A1", "study_uid": "1.2.2"}, "of different examinations: 1.2.1, 1.2.2"),
        ({"accession_number": "A9"}, "no examination has its accession number, study UID or patient"),
        ({"accession_number": "A9", "patient_id": "P1", "examined_at": DAY}, "other accession numbers or study UIDs"),
        ({"patient_id": "P1"}, "it has no date"),
        ({"patient_id": "P1", "examined_at": DAY + timedelta(days=2)}, "no examination within 1 day"),
        ({"patient_id": "P1", "reported_at": DAY - timedelta(days=1)}, "no examination within 1 day"),
        ({}, "no examination has its accession number"),
    ],
)
def test_what_does_not_fit_is_not_joined_and_says_why(known: dict[str, Any], words: str) -> None:
    assert words in why(joined([examination(1), examination(2)], report(**known)))


def test_two_examinations_of_one_accession_number_are_not_guessed() -> None:
    both = [examination(1), examination(2, accession_number="A1", patient_id="P1")]
    assert "fits 2 examinations by accession number: 1.2.1, 1.2.2" in why(joined(both, report(accession_number="A1")))


def test_the_study_uid_tells_two_examinations_of_one_accession_number_apart() -> None:
    both = [examination(1), examination(2, accession_number="A1", patient_id="P1")]
    (found,) = joined(both, report(accession_number="A1", study_uid="1.2.2")).joined
    assert found.examination.key == "1.2.2"


def test_two_examinations_of_a_patient_on_a_day_are_not_guessed() -> None:
    both = [examination(number, patient_id="P1", accession_number="") for number in (1, 2)]
    assert "fits 2 examinations" in why(joined(both, report(patient_id="P1", examined_at=DAY)))


def test_two_reports_of_a_patient_on_a_day_are_not_guessed() -> None:
    reports = [report(patient_id="P1", examined_at=DAY), ReportRecord("Nodule.", patient_id="P1", examined_at=DAY)]
    joins = joined([examination(1)], *reports)
    assert joins.joined == []
    assert "2 reports fit it" in joins.without_report[0][1]
    assert len(joins.not_used) == 2


def test_the_window_is_obeyed() -> None:
    late = report(patient_id="P1", reported_at=DAY + timedelta(days=3))
    assert joined([examination(1)], late, window_days=2).joined == []
    assert len(joined([examination(1)], late, window_days=3).joined) == 1
    assert joined([examination(1)], late, window_days=0).joined == []


def test_a_weaker_join_gives_way_and_is_named() -> None:
    strong, weak = report(accession_number="A1"), ReportRecord("Nodule.", patient_id="P1", examined_at=DAY)
    joins = joined([examination(1)], strong, weak)
    assert [each.kind for each in joins.joined] == ["accession number"]
    assert joins.not_used == [(weak, "its examination has a report by accession number")]


def test_an_examination_without_any_report_is_named() -> None:
    joins = joined([examination(1), examination(2)], report(accession_number="A1"))
    assert [(each.key, reason) for each, reason in joins.without_report] == [("1.2.2", "no report was found")]


_NUMBERS = st.sampled_from(["", "A1", "A2", "A3"])
_UIDS = st.sampled_from(["", "1.2.1", "1.2.2", "1.2.3"])
_PATIENTS = st.sampled_from(["", "P1", "P2"])
_TIMES = st.sampled_from([None, DAY, DAY + timedelta(days=1)])


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.lists(st.tuples(_NUMBERS, _UIDS, _PATIENTS, _TIMES), max_size=5),
    st.lists(st.tuples(_NUMBERS, _UIDS, _PATIENTS, _TIMES, st.sampled_from(["x", "y"])), max_size=6),
)
def test_nothing_is_lost_or_used_twice(images: list[tuple[Any, ...]], texts: list[tuple[Any, ...]]) -> None:
    records = [
        ImageRecord(Path(f"{n}.dcm"), accession_number=a, study_uid=u, patient_id=p, acquired_at=t)
        for n, (a, u, p, t) in enumerate(images)
    ]
    reports = [
        ReportRecord(x, accession_number=a, study_uid=u, patient_id=p, examined_at=t, source=str(n))
        for n, (a, u, p, t, x) in enumerate(texts)
    ]
    whole, _ = examinations(records)
    joins = join(whole, reports, JoinRules())
    used = [each.source for found in joins.joined for each in found.used]
    assert sorted([*used, *(each.source for each, _ in joins.not_used)]) == sorted(each.source for each in reports)
    keys = [*(each.examination.key for each in joins.joined), *(each.key for each, _ in joins.without_report)]
    assert sorted(keys) == sorted(each.key for each in whole)
    for found in joins.joined:
        for each in found.used:
            assert (
                not each.patient_id
                or not found.examination.patient_id
                or (each.patient_id == found.examination.patient_id)
            )
