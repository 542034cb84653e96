"""Counts in steps, which change only when enough patients have."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.egress.released_counts import ReleasedCounts
from glsmed.client.egress.site_numbers import Number
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError

Tell = Callable[..., float]


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """What a site says of a count, after a restart each time."""

    def told(value: float, patients: int, *, of: str = "site", step: int = 10) -> float:
        counts = ReleasedCounts(StateFolder(tmp_path), "ab" * 32, step=step)
        return counts.released({"n": Number(value, patients)}, of=of)["n"]

    return told


@pytest.mark.parametrize(("value", "step", "said"), [(57, 10, 50), (10, 10, 10), (123456, 10, 123450), (57, 1, 57)])
def test_a_count_is_told_in_steps(tell: Tell, value: float, step: int, said: float) -> None:
    assert tell(value, 57, step=step) == said


def test_one_patient_more_changes_nothing_and_ten_do(tell: Tell) -> None:
    assert [tell(59 + more, 59 + more) for more in (0, 1, 9, 10)] == [50, 50, 50, 60]


def test_a_patient_who_brings_many_cells_changes_nothing(tell: Tell) -> None:
    assert tell(500, 100) == tell(900, 101)


def test_each_message_and_split_has_its_own_counts(tell: Tell) -> None:
    assert (tell(57, 57), tell(83, 83, of="test"), tell(57, 57)) == (50, 80, 50)


def test_positives_stay_below_all(tmp_path: Path) -> None:
    """Ten of each at least: what is told never says that a finding has one class."""
    for positives in range(10, 30):
        for negatives in range(10, 30):
            counts = ReleasedCounts(StateFolder(tmp_path / f"{positives}-{negatives}"), "ab" * 32, step=10)
            said = counts.released({"p": Number(positives, 10), "n": Number(positives + negatives, 20)}, of="test")
            assert 0 < said["p"] < said["n"]


def test_a_damaged_record_is_named(tell: Tell, tmp_path: Path) -> None:
    tell(57, 57)
    StateFolder(tmp_path).released_counts("ab" * 32).write_text("{")
    with pytest.raises(DataError, match="record of released counts cannot be read"):
        tell(57, 57)
