from dataclasses import replace

import pytest

from glsmed.server.folders.run_folder import RunState
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.report import choice_words, report_page, state_words
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.pages.blocks import Paragraph


@pytest.fixture
def record(folder: StudyFolder) -> StudyRecord:
    return read_study_record(folder)


def test_only_rounds_that_counted_are_counted(record: StudyRecord) -> None:
    planned = record.study.training.rounds
    assert state_words(record) == f"1 of {planned} rounds counted, with updates of 2 sites. State: finished."


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ({}, ""),
        ({"best_round": 2, "chosen_by": {"metric": "log_loss", "mean": 0.4}}, "best mean validation log-loss (0.4000)"),
        ({"best_round": 2, "chosen_by": {"metric": "log_loss", "mean": None}}, "the last, since no site sent"),
    ],
)
def test_why_a_round_is_kept_is_said(record: StudyRecord, summary: dict[str, object], said: str) -> None:
    words = choice_words(replace(record, summary=summary))
    assert (said in words) if said else (words == "")


def test_the_last_message_is_bounded_and_a_running_study_is_said_to_run(record: StudyRecord) -> None:
    running = replace(record, summary={}, state=RunState("running", "x" * 5000))
    texts = [block.text for block in report_page(running, written_at="today").blocks if isinstance(block, Paragraph)]
    assert "The study has not ended: numbers may change." in texts
    (message,) = (text for text in texts if text.startswith("Last message: "))
    assert len(message) < 600
