from collections.abc import Mapping
from dataclasses import replace

import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.parts.cohort import cohort_blocks, read_cohort
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.pages.blocks import Listing, Paragraph, Table

_TOO_FEW = (
    "effusion: too few with it to be measured at b (40): of fewer than 47 in training, fewer than 10 are left for the "
    "test."
)


@pytest.fixture
def record(folder: StudyFolder) -> StudyRecord:
    return read_study_record(folder)


def told(record: StudyRecord, sites: Mapping[str, Mapping[str, float]]) -> StudyRecord:
    """The study with sites that said this when they joined."""
    return replace(record, joined={site: {"metrics": metrics} for site, metrics in sites.items()})


def cells(*, all_: float, present: float, finding: str = "effusion", doubted: float = 0) -> dict[str, float]:
    kinds = {"training_cells": all_, "present_cells": present, "doubted_cells": doubted}
    return {f"{kind}/{finding}": value for kind, value in kinds.items()}


def test_who_is_there_and_who_is_awaited(record: StudyRecord) -> None:
    cohort = read_cohort(record)
    assert [(one.site, one.patients) for one in cohort.sites] == [("lukas", None), ("sakura", None), ("st-mary", 200)]
    assert cohort.awaited == ["north"]


def test_shares_are_of_the_cells_and_a_number_that_did_not_leave_is_a_dash(record: StudyRecord) -> None:
    blocks = cohort_blocks(read_cohort(told(record, {"a": cells(all_=400, present=100, doubted=40), "b": {}})))
    tables = {block.caption: block.rows for block in blocks if isinstance(block, Table)}
    assert tables["Labelled examinations in training"][0] == ["effusion", "400", "–"]
    assert tables["Share in which the finding is present (number)"][0] == ["effusion", "25 % (100)", "–"]
    assert tables["Share whose report is in doubt"][0] == ["effusion", "10 %", "–"]


def test_what_no_site_lets_go_has_no_table(record: StudyRecord) -> None:
    blocks = cohort_blocks(read_cohort(told(record, {"a": {"patients": 100.0}})))
    assert [block.caption for block in blocks if isinstance(block, Table)] == ["Patients"]


@pytest.mark.parametrize(
    ("sites", "warned"),
    [
        ({"a": cells(all_=400, present=200), "b": cells(all_=400, present=200)}, ""),
        (
            {"a": cells(all_=400, present=200), "b": cells(all_=400, present=200, finding="nodule")},
            "effusion: labelled at one site only, a.",
        ),
        (
            {"a": cells(all_=1000, present=500), "b": cells(all_=1000, present=50)},
            "effusion: present in 50 % at a and in 5.0 % at b: do both mean the same by it?",
        ),
        ({"a": cells(all_=1000, present=500), "b": cells(all_=1000, present=51)}, ""),
        (
            {"a": cells(all_=400, present=200), "b": cells(all_=400, present=40)},
            _TOO_FEW,
        ),
        ({"a": {"training_cells/effusion": 40.0}}, ""),
        ({"a": {}, "b": {}}, ""),
    ],
)
def test_what_a_person_should_look_at(
    record: StudyRecord, sites: Mapping[str, Mapping[str, float]], warned: str
) -> None:
    lines = [line for line in read_cohort(told(record, sites)).warnings if line.startswith("effusion")]
    assert lines == ([warned] if warned else [])


def test_warnings_come_first(record: StudyRecord) -> None:
    blocks = cohort_blocks(read_cohort(told(record, {"a": cells(all_=400, present=10)})))
    assert blocks[0] == Paragraph("Look at this before the first round:", strong=True)
    assert isinstance(blocks[1], Listing)


def test_before_anybody_joined_it_says_what_to_do(record: StudyRecord) -> None:
    words = [block.text for block in cohort_blocks(read_cohort(told(record, {}))) if isinstance(block, Paragraph)]
    assert words[0].startswith("Not joined yet: lukas, north, sakura, st-mary. Each must start glsmed-client.")
