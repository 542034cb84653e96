from pathlib import Path

import torch

from glsmed.benchmarks.real_data.dataset_folder import read_dataset
from glsmed.benchmarks.real_data.dealing import ALL, deal, deal_trial, patients_tested

SIZE_PX = 16


def test_no_patient_is_divided_and_none_is_lost(drawn_dataset: Path) -> None:
    for hospital in read_dataset(drawn_dataset, size_px=SIZE_PX):
        dealt = deal(hospital, seed=3)
        parts = [
            {hospital.patients[row] for row in rows.tolist()} for rows in (dealt.train, dealt.validation, dealt.test)
        ]
        assert all(parts)
        assert sum(map(len, parts)) == len(set().union(*parts)) == len(set(hospital.patients))
        assert sum(map(len, (dealt.train, dealt.validation, dealt.test))) == len(hospital.patients)


def test_a_seed_deals_the_same_way_and_another_otherwise(drawn_dataset: Path) -> None:
    hospital = read_dataset(drawn_dataset, size_px=SIZE_PX)[0]
    assert torch.equal(deal(hospital, seed=1).test, deal(hospital, seed=1).test)
    assert not torch.equal(deal(hospital, seed=1).test, deal(hospital, seed=2).test)


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
