import math
import multiprocessing
import os
import signal
import stat
from pathlib import Path

import pytest
import torch

from glsmed.client.data.examples import Examples
from glsmed.client.egress.query_budget import QueryBudget, RecordedAnswer, Request, RequestKind
from glsmed.client.egress.site_numbers import Number
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError, QueryBudgetError
from glsmed.shared.protocol.study import FederationSection, Study, TrainingSection

STUDY = Study(study="doubt", findings=("effusion",), training=TrainingSection(rounds=3))
OTHER = Study(study="doubt", findings=("nodule",), training=TrainingSection(rounds=3))
ANSWER = RecordedAnswer("gold", {"auroc/effusion": Number(0.8125, 12)})


def ledger(folder: Path, *, runs: int = 1, study: Study = STUDY) -> QueryBudget:
    return QueryBudget(StateFolder(folder), study, runs=runs)


def ask(folder: Path, kind: RequestKind, count: int, *, runs: int = 1) -> None:
    for number in range(count):
        assert ledger(folder, runs=runs).charge(Request(kind, f"{kind} model {number}")) is None


def test_a_run_trains_and_validates_once_a_round_and_tests_once(tmp_path: Path) -> None:
    assert ledger(tmp_path).left() == {"train": 3, "validation": 3, "test": 1, "hello": 4}
    assert ledger(tmp_path, runs=2).left() == {"train": 6, "validation": 6, "test": 2, "hello": 8}


@pytest.mark.parametrize(("kind", "most"), [("train", 6), ("validation", 6), ("test", 2)])
def test_one_too_many_is_refused_and_not_written(tmp_path: Path, kind: RequestKind, most: int) -> None:
    ask(tmp_path, kind, most, runs=2)
    (file,) = (tmp_path / "accounts").iterdir()
    before = file.read_bytes()
    with pytest.raises(QueryBudgetError, match=rf"{kind}: .* {most} times .*max_runs.* allows {most}"):
        ledger(tmp_path, runs=2).charge(Request(kind, "one more"))
    assert file.read_bytes() == before


def test_each_kind_has_an_account_of_its_own(tmp_path: Path) -> None:
    ask(tmp_path, "test", 1)
    assert ledger(tmp_path).left() == {"train": 3, "validation": 3, "test": 0, "hello": 4}


def test_a_limit_that_is_raised_gives_room_again(tmp_path: Path) -> None:
    ask(tmp_path, "test", 1)
    assert ledger(tmp_path, runs=2).charge(Request("test", "another")) is None
    assert ledger(tmp_path, runs=2).left()["test"] == 0


def test_a_limit_that_is_lowered_below_what_was_asked_stops_at_once(tmp_path: Path) -> None:
    ask(tmp_path, "test", 2, runs=2)
    with pytest.raises(QueryBudgetError):
        ledger(tmp_path).charge(Request("test", "another"))
    assert (
        ledger(tmp_path).left_in_words() == "requests left: train 3 of 3, validation 3 of 3, test 0 of 1, hello 4 of 4"
    )


def test_the_same_question_again_is_not_counted_and_has_its_answer_once_there_is_one(tmp_path: Path) -> None:
    request = Request("test", "a")
    assert ledger(tmp_path).charge(request) is None
    assert ledger(tmp_path).charge(request) is None
    ledger(tmp_path).keep(request, ANSWER)
    assert ledger(tmp_path).charge(request) == ANSWER
    assert ledger(tmp_path).left()["test"] == 0


@pytest.mark.parametrize("other", [Request("train", "a", 2), Request("train", "b", 1), Request("validation", "a", 1)])
def test_another_model_round_or_kind_is_another_request(tmp_path: Path, other: Request) -> None:
    ledger(tmp_path).charge(Request("train", "a", 1))
    ledger(tmp_path).charge(other)
    assert sum(ledger(tmp_path).left().values()) == 11 - 2


def _examples(rate: float) -> Examples:
    cells = torch.ones(2, 1)
    images = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    return Examples(images, cells - rate / 2, cells, cells * math.nan, ("a", "b"), ("effusion",))


def test_a_question_is_another_where_the_model_or_the_targets_changed() -> None:
    same, other = _examples(0.2), _examples(0.3)
    assert Request.of_training(1, "ab", same) == Request.of_training(1, "ab", _examples(0.2))
    assert Request.of_training(1, "ab", same) != Request.of_training(1, "ab", other)
    assert Request.of_training(1, "ab", same) != Request.of_training(2, "ab", same)
    assert Request.of_evaluation("test", "ab", same) != Request.of_evaluation("test", "ab", other)
    assert Request.of_evaluation("test", "ab", same) != Request.of_evaluation("test", "cd", same)


def test_a_nan_does_not_damage_the_account(tmp_path: Path) -> None:
    """A centre can send finite weights whose logits are not."""
    request, numbers = Request("test", "a"), {"brier/effusion": Number(math.nan, 12), "loss": Number(math.inf, 12)}
    ledger(tmp_path).charge(request)
    ledger(tmp_path).keep(request, RecordedAnswer("gold", numbers))
    known = ledger(tmp_path).charge(request)
    assert known is not None
    assert math.isnan(known.numbers["brier/effusion"].value)
    assert known.numbers["loss"] == numbers["loss"]


def test_what_is_kept_on_disk_is_bounded(tmp_path: Path) -> None:
    ask(tmp_path, "validation", 40, runs=100)
    (file,) = (tmp_path / "accounts").iterdir()
    assert file.read_text().count('"model"') == 32
    ledger(tmp_path, runs=100).charge(Request("validation", "validation model 8"))
    assert ledger(tmp_path, runs=100).left()["validation"] == 260
    ledger(tmp_path, runs=100).charge(Request("validation", "validation model 7"))
    assert ledger(tmp_path, runs=100).left()["validation"] == 259


def test_another_study_has_another_account(tmp_path: Path) -> None:
    ask(tmp_path, "test", 1)
    assert ledger(tmp_path, study=OTHER).left()["test"] == 1


def test_the_account_is_the_owners_alone(tmp_path: Path) -> None:
    ask(tmp_path, "test", 1)
    (file,) = (tmp_path / "accounts").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def _ask_and_die(folder: Path) -> None:
    ask(folder, "train", 1)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_forgets_nothing(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_ask_and_die, args=(tmp_path,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert ledger(tmp_path).left()["train"] == 2


DAMAGED = {
    "empty": "",
    "cut off": "{",
    "nothing but a study": '{"study": "STUDY"}',
    "a negative number": '{"study": "STUDY", "asked": {"train": 0, "validation": 0, "test": -4}, "last": []}',
    "a kind is missing": '{"study": "STUDY", "asked": {"test": 1}, "last": []}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_account_stops_every_answer_and_is_named(tmp_path: Path, content: str) -> None:
    ask(tmp_path, "test", 1)
    (file,) = (tmp_path / "accounts").iterdir()
    file.write_text(content.replace("STUDY", STUDY.digest()))
    with pytest.raises(DataError, match=rf"{file.name}: the account of requests cannot be read: restore it"):
        ledger(tmp_path).charge(Request("train", "a"))


def test_an_account_of_another_study_under_this_ones_name_is_refused(tmp_path: Path) -> None:
    ledger(tmp_path, study=OTHER).charge(Request("test", "a"))
    (file,) = (tmp_path / "accounts").iterdir()
    file.rename(tmp_path / "accounts" / f"questions-{STUDY.digest()[:16]}.json")
    with pytest.raises(DataError, match="the account of requests of another study"):
        ledger(tmp_path).left()


def test_counts_that_did_not_change_are_one_request(tmp_path: Path) -> None:
    """The centre asks every few seconds; only new counts tell something new."""
    for patients in (50, 50, 60, 50, 60):
        ledger(tmp_path).charge(Request.of_counts({"patients": Number(patients, patients)}))
    assert ledger(tmp_path).left()["hello"] == 2


def test_other_sites_models_have_a_bound_of_their_own(tmp_path: Path) -> None:
    study = STUDY.model_copy(update={"federation": FederationSection(cross_site_evaluation=True)})
    budget = QueryBudget(StateFolder(tmp_path), study, runs=2, peer_models=3)
    assert budget.left()["peer"] == 6
    for number in range(6):
        budget.charge(Request("peer", str(number)))
    with pytest.raises(QueryBudgetError, match=r"peer: .* 6 times .*egress\.max_peer_models.* allows 6"):
        budget.charge(Request("peer", "one more"))
    assert budget.left() == {"train": 6, "validation": 6, "test": 2, "hello": 8, "peer": 0}


def test_a_study_that_does_not_compare_has_no_other_site_measured(tmp_path: Path) -> None:
    budget = QueryBudget(StateFolder(tmp_path), STUDY, runs=2, peer_models=3)
    with pytest.raises(QueryBudgetError, match=r"peer: .* allows 0"):
        budget.charge(Request("peer", "a"))
