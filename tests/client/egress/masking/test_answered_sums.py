from pathlib import Path

import pytest

from glsmed.client.egress.masking.answered_sums import AnsweredSums
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError, SecureAggregationError
from glsmed.shared.secure_aggregation.signed_keys import About, Subject

STUDY = "ab" * 32
ALL, WITHOUT_D = ("a", "b", "c", "d"), ("a", "b", "c")
M0, M1 = "00" * 32, "11" * 32


def subject(number: int, model: str, about: About = "update") -> Subject:
    return Subject(study_digest=STUDY, round=number, model_digest=model, roster_digest="cd" * 32, about=about)


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path)
    folder.prepare()
    return folder


@pytest.mark.parametrize(("number", "model"), [(1, M0), (1, M1), (2, M0)])
def test_the_same_round_or_model_over_other_sites_is_refused(state: StateFolder, number: int, model: str) -> None:
    AnsweredSums(state, STUDY).add(subject(1, M0), ALL)
    with pytest.raises(SecureAggregationError, match="over a, b, c would show what differs"):
        AnsweredSums(state, STUDY).add(subject(number, model), WITHOUT_D)  # a new process reads the account


def test_the_same_sum_again_tells_nothing_new(state: StateFolder) -> None:
    for _ in range(2):
        AnsweredSums(state, STUDY).add(subject(1, M0), ALL)


def test_another_round_and_model_may_be_over_other_sites(state: StateFolder) -> None:
    sums = AnsweredSums(state, STUDY)
    sums.add(subject(1, M0), ALL)
    sums.add(subject(2, M1), WITHOUT_D)


@pytest.mark.parametrize(
    ("first", "second", "number", "model"),
    [
        ("validated update", "validation", 5, M0),  # counts of the same model's validation
        ("validated update", "update", 1, M1),
        ("test", "test", 5, M1),  # another model, but the same patients
        ("validation", "validation", 5, M0),
        ("cues", "cues", 1, M1),  # other cues, but the same gold
    ],
)
def test_sums_of_the_same_data_over_other_sites_are_refused(
    state: StateFolder, first: About, second: About, number: int, model: str
) -> None:
    AnsweredSums(state, STUDY).add(subject(1, M0, first), ALL)
    with pytest.raises(SecureAggregationError, match="would show what differs"):
        AnsweredSums(state, STUDY).add(subject(number, model, second), WITHOUT_D)


@pytest.mark.parametrize(
    ("first", "second", "model"),
    [
        ("validated update", "validation", M1),  # a round's update measures the model before, its evaluation its own
        ("validated update", "test", M0),
        ("update", "validation", M0),
        ("cues", "update", M0),
    ],
)
def test_sums_of_other_data_may_be_over_other_sites(
    state: StateFolder, first: About, second: About, model: str
) -> None:
    AnsweredSums(state, STUDY).add(subject(1, M0, first), ALL)
    AnsweredSums(state, STUDY).add(subject(1, model, second), WITHOUT_D)


@pytest.mark.parametrize(("item", "is_refused"), [("0", True), ("1", False)])  # of others there is no difference
def test_the_same_sites_of_which_others_add_are_refused(state: StateFolder, item: str, is_refused: bool) -> None:
    sums = AnsweredSums(state, STUDY)
    sums.add(subject(1, M0, "test"), ALL, {"0": WITHOUT_D})
    assert sums.counted_without("d", subject(2, M1, "test")) == {"0"}
    assert not sums.counted_without("d", subject(2, M1, "validation"))
    if is_refused:
        with pytest.raises(SecureAggregationError, match="counts of other sites among them"):
            sums.add(subject(2, M1, "test"), ALL, {item: ALL})
    else:
        sums.add(subject(2, M1, "test"), ALL, {item: ALL})


def test_a_damaged_account_is_an_error_and_no_new_beginning(state: StateFolder) -> None:
    AnsweredSums(state, STUDY).add(subject(1, M0), ALL)
    state.answered_sums(STUDY).write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="account of answered sums cannot be read"):
        AnsweredSums(state, STUDY).add(subject(2, M1), ALL)


def test_only_its_owner_reads_the_account(state: StateFolder) -> None:
    AnsweredSums(state, STUDY).add(subject(1, M0), ALL)
    assert state.answered_sums(STUDY).stat().st_mode & 0o077 == 0
