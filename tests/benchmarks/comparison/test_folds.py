from dataclasses import replace

import pytest
import torch

from glsmed.benchmarks.comparison.fitting import Answers
from glsmed.benchmarks.comparison.folds import joined_answers, joined_parts
from glsmed.benchmarks.comparison.trial import Sizes, Trial, make_folds, make_trial
from glsmed.benchmarks.simulator.hospital_data import HospitalData, simulate
from glsmed.benchmarks.simulator.scenarios import SCENARIOS
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures
from glsmed.shared.errors import UsageError

SIZES = Sizes(train=30, validation=10, test=12, gold=8)


@pytest.fixture(scope="module")
def hospitals() -> list[HospitalData]:
    return simulate(SyntheticPictures(28), SCENARIOS["alike"], studies=SIZES.studies, seed=0)


@pytest.fixture(scope="module")
def folds(hospitals: list[HospitalData]) -> list[Trial]:
    return make_folds(hospitals, SIZES, seed=0, folds=5)


def _keys(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


def test_every_study_is_tested_exactly_once(hospitals: list[HospitalData], folds: list[Trial]) -> None:
    tested = joined_parts([fold.test for fold in folds])
    assert len(tested.images) == len(_keys(tested.images)) == 3 * SIZES.studies
    assert tested.site.bincount().tolist() == [SIZES.studies] * 3
    assert [len(fold.test.images) for fold in folds] == [33, 33, 30, 30, 30]


def test_no_study_is_in_two_parts_of_a_fold(folds: list[Trial]) -> None:
    for fold in folds:
        parts = [_keys(images) for images in (fold.images, fold.validation.images, fold.test.images)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 3 * SIZES.studies
        assert _keys(fold.gold.images) <= parts[0]
        assert len(fold.gold.images) == 3 * SIZES.gold


def test_truth_goes_with_its_study(hospitals: list[HospitalData], folds: list[Trial]) -> None:
    one = make_trial(hospitals, SIZES, seed=0).test
    truth = {image.numpy().tobytes(): row for image, row in zip(one.images, one.truth, strict=True)}
    tested = joined_parts([fold.test for fold in folds])
    found = [
        torch.equal(truth[key], row)
        for image, row in zip(tested.images, tested.truth, strict=True)
        if (key := image.numpy().tobytes()) in truth
    ]
    assert len(found) == len(truth)
    assert all(found)


def test_too_many_with_gold_are_refused(hospitals: list[HospitalData]) -> None:
    with pytest.raises(UsageError, match="2 folds leave 16 studies to train on, 20 with gold"):
        make_folds(hospitals, replace(SIZES, gold=20), seed=0, folds=2)


def _answers(value: float, epoch: int) -> Answers:
    cells = torch.full((2, 1), value)
    return Answers(cells, cells, cells, cells, epoch, value, largest_logit=10 * value, notes=[f"note {epoch}"])


def test_answers_are_put_together_fold_by_fold() -> None:
    joined = joined_answers([_answers(0.1, 3), _answers(0.3, 5)])
    assert joined.last[:, 0].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.3])
    assert (joined.best_epoch, joined.largest_logit, joined.notes) == (4, 3.0, ["note 3", "note 5"])
    assert joined.validation_auroc == pytest.approx(0.2)
