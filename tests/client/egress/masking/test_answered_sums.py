from pathlib import Path

import pytest

from glsmed.client.egress.masking.answered_sums import AnsweredSums
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError, SecureAggregationError

STUDY = "ab" * 32
ALL, WITHOUT_D = ("a", "b", "c", "d"), ("a", "b", "c")


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path)
    folder.prepare()
    return folder


@pytest.mark.parametrize(("number", "model"), [(1, "m0"), (1, "m1"), (2, "m0")])
def test_the_same_round_or_model_over_other_sites_is_refused(state: StateFolder, number: int, model: str) -> None:
    AnsweredSums(state, STUDY).add(1, "m0", ALL)
    with pytest.raises(SecureAggregationError, match="over a, b, c would show what differs"):
        AnsweredSums(state, STUDY).add(number, model, WITHOUT_D)  # a new process reads the account


def test_the_same_sum_again_tells_nothing_new(state: StateFolder) -> None:
    for _ in range(2):
        AnsweredSums(state, STUDY).add(1, "m0", ALL)


def test_another_round_and_model_may_be_over_other_sites(state: StateFolder) -> None:
    sums = AnsweredSums(state, STUDY)
    sums.add(1, "m0", ALL)
    sums.add(2, "m1", WITHOUT_D)


def test_a_damaged_account_is_an_error_and_no_new_beginning(state: StateFolder) -> None:
    AnsweredSums(state, STUDY).add(1, "m0", ALL)
    state.answered_sums(STUDY).write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="account of answered sums cannot be read"):
        AnsweredSums(state, STUDY).add(2, "m1", ALL)


def test_only_its_owner_reads_the_account(state: StateFolder) -> None:
    AnsweredSums(state, STUDY).add(1, "m0", ALL)
    assert state.answered_sums(STUDY).stat().st_mode & 0o077 == 0
