from dataclasses import replace
from pathlib import Path

import pytest
import torch

from glsmed.benchmarks.real_data.dataset_folder import RealHospital, read_dataset
from glsmed.benchmarks.real_data.dealing import ALL, TEST, Dealt, deal, deal_trial, patients_tested, without_learned
from glsmed.shared.errors import UsageError

SIZE_PX = 16


def test_no_patient_is_divided_and_none_is_lost(drawn_dataset: Path) -> None:
    hospitals = read_dataset(drawn_dataset, size_px=SIZE_PX)
    for hospital, dealt in zip(hospitals, deal(hospitals, seed=3), strict=True):
        parts = parts_of(hospital, dealt)
        assert all(parts)
        assert sum(map(len, parts)) == len(set().union(*parts)) == len(set(hospital.patients))
        assert sum(map(len, (dealt.train, dealt.validation, dealt.test))) == len(hospital.patients)


def test_a_seed_deals_the_same_way_and_another_otherwise(drawn_dataset: Path) -> None:
    hospitals = read_dataset(drawn_dataset, size_px=SIZE_PX)[:1]
    once, again, other = (deal(hospitals, seed=seed)[0].test for seed in (1, 1, 2))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def parts_of(hospital: RealHospital, dealt: Dealt) -> list[set[str]]:
    """The patients of training, validation and test."""
    return [{hospital.patients[row] for row in rows.tolist()} for rows in (dealt.train, dealt.validation, dealt.test)]


def test_readers_of_the_same_patients_have_them_in_the_same_part(drawn_dataset: Path) -> None:
    first = read_dataset(drawn_dataset, size_px=SIZE_PX)[0]
    count = len(first.patients)
    second = replace(first, name="second-reader")
    third = replace(
        first, name="newcomer", patients=(*first.patients[: count // 2], *(f"n{i}" for i in range(count // 2)))
    )
    readers = [first, second, third]
    parts = [parts_of(reader, one) for reader, one in zip(readers, deal(readers, seed=5), strict=True)]
    assert parts[0] == parts[1]
    for place, other in ((0, 1), (0, 2), (1, 2)):
        assert not any(reader[place] & another[other] for reader in parts for another in parts)
    assert len(parts[2][2]) == pytest.approx(TEST * len(set(third.patients)), abs=1)  # the newcomer's own make it up
    assert set(patients_tested(readers, seed=5)) == {f"{first.name}/{one}" for one in parts[0][2]} | {
        f"newcomer/{one}" for one in parts[2][2] if one.startswith("n")
    }


def test_hospitals_of_other_patients_are_dealt_as_if_alone(drawn_dataset: Path) -> None:
    hospitals = read_dataset(drawn_dataset, size_px=SIZE_PX)
    for hospital, together in zip(hospitals, deal(hospitals, seed=2), strict=True):
        assert torch.equal(together.test, deal([hospital], seed=2)[0].test)


def test_a_reader_who_is_left_out_is_asked_about_patients_that_no_other_learned_from(drawn_dataset: Path) -> None:
    first, other = read_dataset(drawn_dataset, size_px=SIZE_PX)
    second = replace(first, name="second-reader")
    asked = without_learned(second, [first], seed=5)
    tested = deal([first], seed=5)[0].test
    assert set(asked.patients) == {first.patients[row] for row in tested.tolist()}
    assert len(asked.patients) == len(asked.images) == len(asked.truth) == len(asked.cells) < len(second.patients)
    assert without_learned(other, [first], seed=5) is other
    learned = first.part(deal([first], seed=5)[0].train.tolist())
    with pytest.raises(UsageError, match="cannot be left out"):
        without_learned(learned, [first], seed=5)


def test_gold_is_what_was_asked_for_and_the_tested_are_the_same_with_any(drawn_dataset: Path) -> None:
    hospitals = read_dataset(drawn_dataset, size_px=SIZE_PX)
    few, many = (deal_trial(hospitals, gold=gold, seed=0) for gold in (5, ALL))
    assert int((~torch.isnan(few.read.gold)).sum()) == 5 * len(hospitals)
    assert torch.isnan(few.blind.gold).all()
    assert int(torch.isnan(many.read.gold).sum()) <= 1  # whose truth is not known
    assert torch.equal(few.test.images, many.test.images)
    assert len(patients_tested(hospitals, seed=0)) == len(few.test.truth)


def test_gold_that_is_held_back_is_not_trained_on(drawn_dataset: Path) -> None:
    hospitals = read_dataset(drawn_dataset, size_px=SIZE_PX)
    usual, held = (deal_trial(hospitals, gold=10, seed=0, held_back=held) for held in (False, True))
    assert len(usual.images) - len(held.images) == len(held.gold.truth) == 5 * len(hospitals)
    trained = {image.numpy().tobytes() for image in held.images}
    assert not trained & {image.numpy().tobytes() for image in held.gold.images}
    assert {image.numpy().tobytes() for image in usual.images} > trained


def test_a_hospital_elsewhere_is_asked_about_and_not_trained_on(drawn_dataset: Path) -> None:
    first, second = read_dataset(drawn_dataset, size_px=SIZE_PX)
    trial = deal_trial([first], gold=5, seed=0, elsewhere=[second])
    assert trial.sites == (first.name,)
    assert trial.elsewhere is not None
    assert len(trial.elsewhere.truth) == len(second.patients)
