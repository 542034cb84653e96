import math
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from glsmed.client.data.examples import Examples
from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.egress.query_budget import RecordedAnswer
from glsmed.client.egress.site_numbers import Number
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError
from glsmed.shared.protocol.study import Study

STUDY = Study(study="doubt", findings=("effusion",))
OTHER = Study(study="doubt", findings=("nodule",))


def _test_split(*gold: float, patients: tuple[str, ...] = ("p1", "p2")) -> Examples:
    truth = torch.tensor([[value] for value in gold])
    return Examples(
        images=torch.zeros(len(gold), 1, 4, 4, dtype=torch.uint8),
        targets=torch.zeros_like(truth),
        weights=torch.ones_like(truth),
        gold=truth,
        patients=patients,
        findings=("effusion",),
    )


SPLIT = _test_split(1.0, 0.0)


def _answer(auroc: float) -> RecordedAnswer:
    return RecordedAnswer("gold", {"auroc/effusion": Number(auroc, 12)})


def _record(folder: Path, study: Study = STUDY) -> LocalRecord:
    return LocalRecord(StateFolder(folder), study)


def test_a_site_that_trained_nothing_has_no_answer(tmp_path: Path) -> None:
    assert _record(tmp_path).answer(SPLIT) is None


def test_the_answer_outlives_the_process_and_is_its_owners_alone(tmp_path: Path) -> None:
    _record(tmp_path).keep_if_best(_answer(0.8), SPLIT, validation_score=0.5)
    assert _record(tmp_path).answer(SPLIT) == _answer(0.8)
    (file,) = (tmp_path / "models").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(("second", "kept"), [(0.6, 0.8), (0.4, 0.7)])
def test_the_best_on_validation_patients_is_kept_whatever_it_does_on_the_test_split(
    tmp_path: Path, second: float, kept: float
) -> None:
    record = _record(tmp_path)
    record.keep_if_best(_answer(0.8), SPLIT, validation_score=0.5)
    record.keep_if_best(_answer(0.7), SPLIT, validation_score=second)
    assert record.answer(SPLIT) == _answer(kept)


@pytest.mark.parametrize(
    "changed",
    [_test_split(1.0, 1.0), _test_split(1.0, math.nan), _test_split(1.0, 0.0, patients=("p1", "p3"))],
)
def test_an_answer_about_another_test_split_is_not_given_and_makes_room(tmp_path: Path, changed: Examples) -> None:
    record = _record(tmp_path)
    record.keep_if_best(_answer(0.8), SPLIT, validation_score=0.5)
    assert record.answer(changed) is None
    record.keep_if_best(_answer(0.6), changed, validation_score=0.9)
    assert record.answer(changed) == _answer(0.6)


def test_targets_do_not_matter_where_gold_is_measured_against(tmp_path: Path) -> None:
    record = _record(tmp_path)
    record.keep_if_best(_answer(0.8), SPLIT, validation_score=0.5)
    assert record.answer(replace(SPLIT, targets=torch.ones(2, 1))) == _answer(0.8)


def test_another_study_has_another_record(tmp_path: Path) -> None:
    _record(tmp_path).keep_if_best(_answer(0.8), SPLIT, validation_score=0.5)
    assert _record(tmp_path, OTHER).answer(SPLIT) is None


def test_a_damaged_record_says_what_to_do(tmp_path: Path) -> None:
    StateFolder(tmp_path).prepare()
    StateFolder(tmp_path).local_record(STUDY.digest()).write_text("{")
    with pytest.raises(DataError, match=r"record of local training cannot be read: .*train-local"):
        _record(tmp_path).answer(SPLIT)
