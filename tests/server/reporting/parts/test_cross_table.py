from dataclasses import replace

import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.parts.cross_table import CrossTable, cross_blocks, read_cross_table
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.pages.blocks import Listing, Paragraph, Table

SUMMARY = {
    "global": {"measured_at": {"a": {"auroc": 0.9}, "b": {"auroc": 0.8}}},
    "models_of": {"a": {"measured_at": {"b": {"auroc": 0.7, "brier": 0.1}}}},
    "not_shown": {"b": "its policy does not let other sites see its model"},
}


@pytest.fixture
def record(folder: StudyFolder) -> StudyRecord:
    return replace(read_study_record(folder), summary={"cross_site": SUMMARY})


def test_each_model_stands_at_each_site_where_it_was_measured(record: StudyRecord) -> None:
    found = read_cross_table(record)
    table, _, hidden = cross_blocks(CrossTable(True, found.models, found.hidden))
    assert isinstance(table, Table)
    assert table.header == ["model", "at a", "at b"]
    assert table.rows == [["model of all", "0.900", "0.800"], ["a", "–", "0.700"]]
    assert hidden == Listing(["b: its policy does not let other sites see its model"])


def test_a_study_that_does_not_compare_says_so(record: StudyRecord) -> None:
    (words,) = cross_blocks(read_cross_table(record))
    assert isinstance(words, Paragraph)
    assert words.text.startswith("This study does not compare")
    assert cross_blocks(CrossTable(True, {}, {})) == [
        Paragraph("Sites measure each other's models after the last round.")
    ]
