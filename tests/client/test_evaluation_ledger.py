import math
import multiprocessing
import os
import signal
import stat
from pathlib import Path

import pytest

from glsmed.client.egress import Number
from glsmed.client.evaluation_ledger import Answer, EvaluatedSplit, EvaluationLedger, Question
from glsmed.shared.errors import DataError, EvaluationLimitError
from glsmed.shared.study import Study, TrainingSection

STUDY = Study(study="doubt", findings=("effusion",), training=TrainingSection(rounds=3))
OTHER = Study(study="doubt", findings=("nodule",), training=TrainingSection(rounds=3))
ANSWER = Answer("gold", {"auroc/effusion": Number(0.8125, 12)})


def ledger(folder: Path, *, runs: int = 1, study: Study = STUDY) -> EvaluationLedger:
    return EvaluationLedger(folder, study, runs=runs)


def answer(folder: Path, split: EvaluatedSplit, count: int, *, runs: int = 1) -> None:
    for number in range(count):
        ledger(folder, runs=runs).keep(Question(split, f"{split} model {number}"), ANSWER)


def test_a_run_has_one_evaluation_a_round_and_one_test(tmp_path: Path) -> None:
    assert ledger(tmp_path).left() == {"validation": 3, "test": 1}
    assert ledger(tmp_path, runs=2).left() == {"validation": 6, "test": 2}


@pytest.mark.parametrize(("split", "most"), [("validation", 6), ("test", 2)])
def test_one_too_many_is_refused_and_not_written(tmp_path: Path, split: EvaluatedSplit, most: int) -> None:
    answer(tmp_path, split, most, runs=2)
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    with pytest.raises(EvaluationLimitError, match=rf"{most} evaluations on the {split} split .*max_evaluated_runs"):
        ledger(tmp_path, runs=2).require_room(split)
    with pytest.raises(EvaluationLimitError):
        ledger(tmp_path, runs=2).keep(Question(split, "one more"), ANSWER)
    assert file.read_bytes() == before


def test_the_other_split_has_an_account_of_its_own(tmp_path: Path) -> None:
    answer(tmp_path, "test", 1)
    assert ledger(tmp_path).left() == {"validation": 3, "test": 0}
    ledger(tmp_path).require_room("validation")


def test_a_limit_that_is_raised_gives_room_again(tmp_path: Path) -> None:
    answer(tmp_path, "test", 1)
    ledger(tmp_path, runs=2).require_room("test")


def test_a_limit_that_is_lowered_below_what_was_answered_stops_at_once(tmp_path: Path) -> None:
    answer(tmp_path, "test", 2, runs=2)
    with pytest.raises(EvaluationLimitError):
        ledger(tmp_path).require_room("test")
    assert str(ledger(tmp_path)) == "evaluations left: validation 3 of 3, test 0 of 1"


def test_the_answer_to_a_question_is_remembered_with_its_patients(tmp_path: Path) -> None:
    answer(tmp_path, "test", 1)
    assert ledger(tmp_path).remembered(Question("test", "test model 0")) == ANSWER


def test_a_nan_is_counted_and_does_not_damage_the_account(tmp_path: Path) -> None:
    """A centre can send finite weights whose logits are not."""
    question, numbers = Question("test", "a"), {"brier/effusion": Number(math.nan, 12), "loss": Number(math.inf, 12)}
    ledger(tmp_path).keep(question, Answer("gold", numbers))
    known = ledger(tmp_path).remembered(question)
    assert known is not None
    assert math.isnan(known.numbers["brier/effusion"].value)
    assert known.numbers["loss"] == numbers["loss"]
    assert ledger(tmp_path).left()["test"] == 0


@pytest.mark.parametrize("question", [Question("validation", "test model 0"), Question("test", "test model 1")])
def test_another_question_is_not_remembered(tmp_path: Path, question: Question) -> None:
    answer(tmp_path, "test", 1)
    assert ledger(tmp_path).remembered(question) is None


def test_what_is_kept_on_disk_is_bounded(tmp_path: Path) -> None:
    answer(tmp_path, "validation", 40, runs=100)
    (file,) = tmp_path.iterdir()
    assert file.read_text().count('"model"') == 32
    assert ledger(tmp_path, runs=100).remembered(Question("validation", "validation model 7")) is None
    assert ledger(tmp_path, runs=100).remembered(Question("validation", "validation model 8")) == ANSWER
    assert ledger(tmp_path, runs=100).left()["validation"] == 260


def test_another_study_has_another_account(tmp_path: Path) -> None:
    answer(tmp_path, "test", 1)
    assert ledger(tmp_path, study=OTHER).left() == {"validation": 3, "test": 1}


def test_the_account_is_the_owners_alone(tmp_path: Path) -> None:
    answer(tmp_path, "test", 1)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def _answer_and_die(folder: Path) -> None:
    answer(folder, "test", 1)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_forgets_nothing(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_answer_and_die, args=(tmp_path,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert ledger(tmp_path).left()["test"] == 0


@pytest.mark.parametrize("content", ["", "{", '{"study": "x"}', '{"study": "x", "answered": {"test": -4}, "last": []}'])
def test_a_damaged_account_stops_evaluation_and_is_named(tmp_path: Path, content: str) -> None:
    answer(tmp_path, "test", 1)
    (file,) = tmp_path.iterdir()
    file.write_text(content)
    with pytest.raises(DataError, match=rf"{file.name}: the account of evaluations cannot be read: put a whole copy"):
        ledger(tmp_path).require_room("test")


def test_an_account_of_another_study_under_this_ones_name_is_refused(tmp_path: Path) -> None:
    ledger(tmp_path, study=OTHER).keep(Question("test", "a"), ANSWER)
    (file,) = tmp_path.iterdir()
    file.rename(tmp_path / f"evaluations-{STUDY.digest()[:16]}.json")
    with pytest.raises(DataError, match="is the account of another study"):
        ledger(tmp_path).left()
