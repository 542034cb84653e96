from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.data_sheet import data_sheet
from glsmed.server.reporting.study_record import read_study_record
from glsmed.shared.pages.blocks import Listing, Table


def test_counts_are_what_sites_let_go_and_nothing_else(folder: StudyFolder) -> None:
    sheet = data_sheet(read_study_record(folder), written_at="today")
    tables = {block.caption: block for block in sheet.blocks if isinstance(block, Table)}
    evaluated = next(table for caption, table in tables.items() if caption.startswith("Examinations of the test split"))
    assert list(evaluated.header) == ["site", "effusion", "nodule", "hernia"]
    rows = {row[0]: list(row[1:]) for row in evaluated.rows}
    assert rows["st-mary"][0] == "40 of 100"
    assert rows["sakura"] == ["–", "–", "–"]


def test_updates_that_did_not_count_are_listed_with_the_reason(folder: StudyFolder) -> None:
    sheet = data_sheet(read_study_record(folder), written_at="today")
    listed = [item for block in sheet.blocks if isinstance(block, Listing) for item in block.items]
    assert any("sakura" in item and "patient 4711 Smith" in item for item in listed)
