"""Whom the numbers of a round are about."""

from collections import Counter

from glsmed.client.egress.patient_draw import drawn_rows

PATIENTS = ("a", "a", "b", "c", "c", "c", "d")


def test_the_same_key_draws_the_same_rows() -> None:
    assert drawn_rows(PATIENTS, b"k" * 32).tolist() == drawn_rows(PATIENTS, b"k" * 32).tolist()
    assert len({tuple(drawn_rows(PATIENTS, bytes([key])).tolist()) for key in range(50)}) > 40


def test_a_patient_comes_with_all_images_and_as_many_patients_come_as_there_are() -> None:
    for key in range(20):
        drawn = Counter(drawn_rows(PATIENTS, bytes([key])).tolist())
        assert drawn[0] == drawn[1]
        assert drawn[3] == drawn[4] == drawn[5]
        assert drawn[0] + drawn[2] + drawn[3] + drawn[6] == 4


def test_everybody_is_drawn_as_often_on_average() -> None:
    drawn = Counter(row for key in range(2000) for row in drawn_rows(PATIENTS, key.to_bytes(8, "big")).tolist())
    assert all(1850 < drawn[row] < 2150 for row in range(len(PATIENTS)))
