from dataclasses import replace

import pytest

from glsmed.server.folders.run_folder import RoundRecord
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.parts.budgets import budget_blocks, read_budgets
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.pages.blocks import Listing, Paragraph


@pytest.fixture
def record(folder: StudyFolder) -> StudyRecord:
    return read_study_record(folder)


def test_who_can_pay_no_more_is_named(record: StudyRecord) -> None:
    refused = RoundRecord(3, 1, 1.0, accepted=True, counted={}, not_counted={"b": "QueryBudgetError", "c": "late"})
    (lines, *_) = budget_blocks(read_budgets(replace(record, rounds=[refused], budget_spent={"a": 2})))
    assert isinstance(lines, Listing)
    assert [line[:2] for line in lines.items] == ["a:", "b:"]


def test_before_that_nothing_is_known_and_said(record: StudyRecord) -> None:
    first, last = budget_blocks(read_budgets(record))
    assert first == Paragraph("No site says that a budget is spent.")
    assert isinstance(last, Paragraph)
    assert "glsmed-client privacy" in last.text


def test_of_a_private_study_the_bound_is_known(record: StudyRecord) -> None:
    private = record.study.training.privacy.model_copy(update={"noise_multiplier": 1.0, "max_epsilon": 8.0})
    training = record.study.training.model_copy(update={"privacy": private})
    study = record.study.model_copy(update={"training": training})
    blocks = budget_blocks(read_budgets(replace(record, study=study)))
    assert blocks[1] == Paragraph("Rounds so far: 1. No site has spent more than epsilon 8: it would have refused.")
