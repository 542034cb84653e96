from dataclasses import replace

import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.parts.changes import change_blocks, read_changes
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.pages.blocks import Listing, Paragraph, Table


@pytest.fixture
def record(folder: StudyFolder) -> StudyRecord:
    merged = [{"round": 1, "norms": {"st-mary": 2.0, "sakura": 3.0}}, {"round": 2, "norms": {"st-mary": 1.5}}]
    return replace(read_study_record(folder), merged=merged)


def test_norms_by_site_and_round_and_every_refusal(record: StudyRecord) -> None:
    taken = replace(record, quarantined=[{"round": 2, "culprit": "sakura", "back_to_round": 1}])
    blocks = change_blocks(read_changes(taken))
    (table,) = (block for block in blocks if isinstance(block, Table))
    assert (table.header, table.rows) == (["site", "1", "2"], [["sakura", "3.000", "–"], ["st-mary", "2.000", "1.500"]])
    lines = [line for block in blocks if isinstance(block, Listing) for line in block.items]
    assert lines[0].startswith("sakura: <script>")
    assert lines[1] == "Round 2 was taken back to round 1. Site named: sakura."


def test_under_masks_no_site_has_a_norm(record: StudyRecord) -> None:
    masked = replace(record, merged=[{"round": 1, "secure_sum_of": ["a", "b"], "norm": 3.0}])
    blocks = change_blocks(read_changes(masked))
    assert blocks[0] == Paragraph("Updates are masked: the centre sees their sum, and no site's own change.")
    assert not any(isinstance(block, Table) for block in blocks)


def test_a_study_without_refusals_says_so(record: StudyRecord) -> None:
    assert change_blocks(read_changes(replace(record, rounds=[])))[-1] == Paragraph("No update was refused.")
