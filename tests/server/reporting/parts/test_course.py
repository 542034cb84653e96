from dataclasses import replace

import pytest

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.auroc_interval import auroc_interval
from glsmed.server.reporting.parts.course import course_blocks, read_course
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.pages.blocks import Paragraph, Table


def rows(number: int, site: str, **metrics: float) -> list[MetricRow]:
    return [MetricRow(number, "validation", site, "gold", "effusion", name, value) for name, value in metrics.items()]


@pytest.fixture
def record(folder: StudyFolder) -> StudyRecord:
    return read_study_record(folder)


def table(record: StudyRecord, metrics: list[MetricRow]) -> Table:
    (found,) = (
        block for block in course_blocks(read_course(replace(record, metrics=metrics))) if isinstance(block, Table)
    )
    return found


def test_each_round_has_its_auroc_with_its_interval(record: StudyRecord) -> None:
    found = table(
        record, [*rows(1, "a", auroc=0.7, n=100, positives=40), *rows(2, "a", auroc=0.8, n=100, positives=40)]
    )
    assert found.header == ["site", "round 1", "round 2"]
    first, second = (auroc_interval(value, positives=40, negatives=60) for value in (0.7, 0.8))
    between = [f"0.700 ({first.low:.3f}–{first.high:.3f})", f"0.800 ({second.low:.3f}–{second.high:.3f})"]
    assert found.rows == [["a", *between]]


@pytest.mark.parametrize(
    ("n", "positives", "few"), [(100, 9, True), (100, 91, True), (100, 10, False), (100, 90, False)]
)
def test_a_number_of_fewer_than_ten_cases_of_a_class_is_marked(
    record: StudyRecord, n: float, positives: float, few: bool
) -> None:
    cell = table(record, rows(1, "a", auroc=0.7, n=n, positives=positives)).rows[0][1]
    assert cell.endswith(" *") == few


def test_a_number_whose_cases_are_not_known_is_marked_too(record: StudyRecord) -> None:
    assert table(record, rows(1, "a", auroc=0.7)).rows == [["a", "0.700 *"]]


def test_sites_are_not_ranked(record: StudyRecord) -> None:
    metrics = [*rows(1, "b", auroc=0.9, n=100, positives=40), *rows(1, "a", auroc=0.6, n=100, positives=40)]
    assert [row[0] for row in table(record, metrics).rows] == ["a", "b"]


def test_without_numbers_it_says_so(record: StudyRecord) -> None:
    blocks = course_blocks(read_course(replace(record, metrics=[])))
    assert blocks == [Paragraph("No round was validated yet, or no site lets its AUROC go.")]
