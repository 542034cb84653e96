from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import MetricRow, RunFolder
from glsmed.server.rounds.quarantine import bad_model
from glsmed.server.rounds.requests import RoundOutcome

DIVERGED = "TrainingDivergedError"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run whose second round was merged of three updates, one of them long."""
    made = RunFolder(tmp_path / "run")
    made.record("merged", {"round": 1, "norms": {"a": 1.0, "b": 1.0, "c": 1.0}})
    made.record("merged", {"round": 2, "norms": {"a": 1.0, "b": 2.0, "c": 1e30}})
    made.add_metrics(_row(1, site, 0.5) for site in "abc")
    return made


def _row(number: int, site: str, value: float) -> MetricRow:
    return MetricRow(number, "validation", site, "gold", "effusion", "log_loss", value)


def _failing(**reasons: str) -> RoundOutcome:
    return RoundOutcome(counted=dict.fromkeys(set("abc") - set(reasons), 1), not_counted=reasons)


def test_where_most_cannot_train_it_the_model_is_bad_and_the_longest_update_is_named(folder: RunFolder) -> None:
    bad = bad_model(2, _failing(a=DIVERGED, b=DIVERGED), folder, quorum=2)
    assert bad is not None
    assert (bad.round, bad.culprit, sorted(bad.complaints)) == (2, "c", ["a", "b"])
    assert str(bad).endswith("the update of c made it so")


def test_where_no_update_was_long_nobody_is_named(folder: RunFolder) -> None:
    bad = bad_model(1, _failing(a=DIVERGED, b=DIVERGED, c=DIVERGED), folder, quorum=2)
    assert bad is not None
    assert (bad.culprit, "no update was far longer" in str(bad)) == ("", True)


@pytest.mark.parametrize(
    "reasons",
    [
        {"c": DIVERGED},
        {"a": "late", "b": "late", "c": DIVERGED},
        {"a": "DataError", "b": "DataError", "c": "DataError"},
        {"a": "refused: round: expected 1, got 3", "b": "went offline"},
        {},
    ],
)
def test_other_troubles_and_one_sites_word_are_no_bad_model(folder: RunFolder, reasons: dict[str, str]) -> None:
    assert bad_model(2, _failing(**reasons), folder, quorum=2) is None


def test_the_model_to_begin_with_is_never_taken_back(folder: RunFolder) -> None:
    assert bad_model(0, _failing(a=DIVERGED, b=DIVERGED, c=DIVERGED), folder, quorum=2) is None


def test_numbers_out_of_range_are_complaints(folder: RunFolder) -> None:
    metrics = "refused: record 'metrics': 'log_loss/effusion': expected 0 to 100, got 1e+29"
    assert bad_model(2, _failing(a=metrics, b="refused: it holds values that are not finite"), folder, quorum=2)


@pytest.mark.parametrize(("value", "is_bad"), [(4.9, False), (5.1, True), (99.0, True)])
def test_a_log_loss_that_jumps_beyond_use_is_a_complaint(folder: RunFolder, value: float, is_bad: bool) -> None:
    outcome = RoundOutcome(counted={"a": 1, "b": 1, "c": 1}, rows=[_row(2, site, value) for site in "ab"])
    assert (bad_model(2, outcome, folder, quorum=2) is not None) is is_bad


def test_a_model_that_grew_worse_slowly_is_not_taken_back(folder: RunFolder) -> None:
    folder.add_metrics(_row(2, site, 5.0) for site in "abc")
    outcome = RoundOutcome(counted={"a": 1, "b": 1, "c": 1}, rows=[_row(3, site, 6.0) for site in "abc"])
    assert bad_model(3, outcome, folder, quorum=2) is None


def test_what_all_sites_say_in_a_sum_is_no_complaint(folder: RunFolder) -> None:
    """One of them could have made it so."""
    outcome = _failing(a=DIVERGED)
    outcome.rows = [_row(2, "all sites", 20.0)]
    assert bad_model(2, outcome, folder, quorum=2) is None
    outcome.rows = [_row(2, "b", 20.0)]
    assert bad_model(2, outcome, folder, quorum=2) is not None  # the control
