from pathlib import Path

import pytest

from glsmed.client.data.manifest_rows import SiteRows
from glsmed.site_adapters.inputs.tables.file_names import FileFinder

ROW = {"study_id": "s1", "patient_id": "p1", "image": "a.png", "report": "r.txt", "view": "PA"}


@pytest.fixture
def rows(tmp_path: Path) -> SiteRows:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"")
    return SiteRows(tmp_path / "manifest.csv", FileFinder(tmp_path))


def test_a_right_row_gives_its_image_and_view(rows: SiteRows, tmp_path: Path) -> None:
    assert rows.add(2, ROW)
    assert rows.good == [(2, "s1", "p1", tmp_path / "a.png", "PA")]
    assert rows.faults == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"study_id": ""}, "study_id: is blank"),
        ({"image": "none.png"}, "image: no such file: none.png"),
        ({"image": ""}, "image: is blank"),
    ],
)
def test_a_row_that_is_wrong_by_itself_is_left_out(rows: SiteRows, change: dict[str, str], expected: str) -> None:
    assert not rows.add(2, {**ROW, **change})
    assert [str(fault).removeprefix(f"{rows.path}:2: ") for fault in rows.faults] == [expected]
    assert rows.good == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"patient_id": "p2"}, "patient_id: examination 's1' has another patient in line 2"),
        ({"report": "q.txt"}, "report: examination 's1' has another report in line 2"),
        ({"report_text": "Words."}, "report_text: examination 's1' has another report text in line 2"),
        ({"image": "A.PNG"}, "image: line 2 names the same image"),
    ],
)
def test_a_row_that_contradicts_an_earlier_one_is_named(rows: SiteRows, change: dict[str, str], expected: str) -> None:
    rows.add(2, ROW)
    rows.add(3, {**ROW, "image": "b.png", **change})
    assert [str(fault).removeprefix(f"{rows.path}:3: ") for fault in rows.faults] == [expected]


def test_spellings_of_one_patient_and_of_one_path_agree(rows: SiteRows) -> None:
    rows.add(2, ROW)
    assert rows.add(3, {**ROW, "patient_id": "P 1", "report": "./r.txt", "image": "b.png"})
    assert rows.faults == []
