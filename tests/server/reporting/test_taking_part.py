from glsmed.server.folders.run_folder import RoundRecord, RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.study_record import read_study_record
from glsmed.server.reporting.taking_part import not_counted_words, round_blocks, site_blocks, training_cells_table
from glsmed.shared.pages.blocks import Paragraph, Table


def _only_table(blocks: object) -> Table:
    assert isinstance(blocks, list)
    (table,) = (block for block in blocks if isinstance(block, Table))
    return table


def test_every_site_is_listed_with_what_it_let_go(folder: StudyFolder) -> None:
    table = _only_table(site_blocks(read_study_record(folder)))
    rows = {row[0]: row for row in table.rows}
    assert set(rows) == {"st-mary", "sakura", "lukas", "north"}
    assert rows["st-mary"][1:4] == ["admitted", "1", "200"]
    assert rows["sakura"][1:4] == ["admitted", "1", "–"]


def test_training_cells_are_those_that_sites_sent(folder: StudyFolder) -> None:
    table = training_cells_table(read_study_record(folder))
    assert table is not None
    assert table.header == ["finding", "lukas", "sakura", "st-mary"]
    assert table.rows[0] == ["effusion", "–", "–", "150"]


def test_an_attempt_below_the_quorum_says_so(folder: StudyFolder) -> None:
    first, second = _only_table(round_blocks(read_study_record(folder))).rows
    assert first[4] == "st-mary (150): below the quorum, the round did not count"
    assert first[5].startswith("sakura: <script>")
    assert second[4] == "st-mary (150), sakura (90)"


def test_how_often_each_reason_came_is_counted(folder: StudyFolder) -> None:
    RunFolder(folder.run).add_round(RoundRecord(3, 1, 1.0, accepted=False, counted={}, not_counted={"lukas": "late"}))
    RunFolder(folder.run).add_round(RoundRecord(3, 2, 1.0, accepted=False, counted={}, not_counted={"lukas": "late"}))
    assert not_counted_words(read_study_record(folder))[0] == "lukas: late (2 times)"


def test_of_very_many_rounds_those_with_something_amiss_and_the_last_are_shown(folder: StudyFolder) -> None:
    run = RunFolder(folder.run)
    for number in range(2, 600):
        run.add_round(RoundRecord(number, 1, 1.0, accepted=True, counted={"st-mary": 1}, not_counted={}))
    blocks = round_blocks(read_study_record(folder))
    table = _only_table(blocks)
    assert len(table.rows) == 200
    assert table.rows[0][:2] == ["1", "1"]
    assert table.rows[-1][0] == "599"
    assert any(isinstance(block, Paragraph) and block.text.startswith("400 rounds") for block in blocks)
