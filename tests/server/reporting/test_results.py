import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.auroc_interval import auroc_interval
from glsmed.server.reporting.results import interval_of, mean_table, results_blocks
from glsmed.server.reporting.study_record import read_study_record
from glsmed.shared.pages.blocks import Figure, Table

COUNTED = {"auroc": 0.8, "n": 100.0, "positives": 40.0}


def test_an_interval_needs_both_counts() -> None:
    assert interval_of(COUNTED) == auroc_interval(0.8, positives=40, negatives=60)
    for name in COUNTED:
        assert interval_of({key: value for key, value in COUNTED.items() if key != name}) is None


@pytest.mark.parametrize("positives", [0.0, 100.0])
def test_one_class_has_no_interval(positives: float) -> None:
    assert interval_of({**COUNTED, "positives": positives}) is None


def test_means_are_over_what_a_site_sent(folder: StudyFolder) -> None:
    rows = {row[0]: row for row in mean_table(read_study_record(folder)).rows}
    assert rows["st-mary"] == ["st-mary", "gold", "90", "0.800", "0.700", "0.100", "0.050", "0.400"]
    assert rows["sakura"] == ["sakura", "gold", "–", "0.750", *["–"] * 4]


def test_each_finding_has_a_row_whether_or_not_it_was_measured(folder: StudyFolder) -> None:
    tables = [block for block in results_blocks(read_study_record(folder)) if isinstance(block, Table)]
    mary = tables[-1]
    assert [row[0] for row in mary.rows] == ["effusion", "nodule", "hernia"]
    assert mary.rows[0][3].startswith("0.800 (0.")
    assert mary.rows[2][1:] == ["–"] * 7


def test_the_figures_are_auroc_calibration_and_rounds(folder: StudyFolder) -> None:
    captions = [block.caption for block in results_blocks(read_study_record(folder)) if isinstance(block, Figure)]
    assert [caption.split()[0] for caption in captions] == ["AUROC", "Calibration", "Mean"]
