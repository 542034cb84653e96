import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glsmed.client.data.manifest import OPTIONAL, REQUIRED, read_manifest, survey_manifest
from glsmed.shared.errors import ConfigurationError

HEADER = "study_id,patient_id,image,report\n"


@pytest.mark.parametrize("column", [*REQUIRED, *OPTIONAL])
def test_every_column_is_documented(column: str) -> None:
    document = Path(__file__).resolve().parents[3] / "docs" / "data.md"
    assert f"`{column}`" in document.read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A function from the manifest's lines to its path, beside images a.png and b.png and the report r.txt."""
    for image in ("a.png", "b.png"):
        (tmp_path / image).write_bytes(b"image")
    (tmp_path / "r.txt").write_text("No effusion.")

    def written(*lines: str, header: str = HEADER) -> Path:
        path = tmp_path / "manifest.csv"
        path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written


def faults(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_manifest(path)
    return [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]


def test_images_of_a_study_share_its_report(write: Callable[..., Path]) -> None:
    path = write("s1,p1,a.png,r.txt", "s1,p1,b.png,r.txt")
    manifest = read_manifest(path)
    assert [entry.image for entry in manifest.images] == [path.parent / "a.png", path.parent / "b.png"]
    assert manifest.reports == {"s1": "No effusion."}
    assert manifest.patients == {"s1": "p1"}


def test_a_report_may_stand_in_the_manifest(write: Callable[..., Path]) -> None:
    path = write('s1,p1,a.png,,"Effusion, small."', header=HEADER.strip() + ",report_text\n")
    assert read_manifest(path).reports == {"s1": "Effusion, small."}


def test_the_column_of_report_files_may_be_missing_where_texts_are_given(write: Callable[..., Path]) -> None:
    path = write("s1,p1,a.png,No effusion.", header="study_id,patient_id,image,report_text\n")
    assert read_manifest(path).reports == {"s1": "No effusion."}


def test_without_any_column_of_reports_the_documented_one_is_named(write: Callable[..., Path]) -> None:
    assert "column 'report' is missing" in faults(write("s1,p1,a.png", header="study_id,patient_id,image\n"))[0]


def test_a_byte_order_mark_is_no_part_of_a_report(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes(b"\xef\xbb\xbfDerrame.")
    assert read_manifest(write("s1,p1,a.png,r.txt")).reports == {"s1": "Derrame."}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (",p1,a.png,r.txt", "2: study_id: is blank"),
        ("s1,,a.png,r.txt", "2: patient_id: is blank"),
        ("s1,p1,,r.txt", "2: image: is blank"),
        ("s1,p1,none.png,r.txt", "2: image: no such file: none.png"),
        ("s1,p1,.,r.txt", "2: image: no such file: ."),
        ("s1,p1," + "x" * 300 + ".png,r.txt", "2: image: File name too long: " + "x" * 300 + ".png"),
        ("s1,p1,a.png,none.txt", "2: report: no such file: none.txt"),
        ("s1,p1,a.png,", "2: report: is blank, and so is report_text: an examination needs its report"),
    ],
)
def test_a_row_that_is_wrong_is_named(write: Callable[..., Path], line: str, expected: str) -> None:
    assert faults(write(line)) == [expected]


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_table_as_spreadsheets_write_it_elsewhere_is_read_and_noted(
    write: Callable[..., Path], sign: str, name: str
) -> None:
    path = write("s1,p1,a.png,r.txt".replace(",", sign), header=HEADER.replace(",", sign))
    survey = survey_manifest(path)
    assert survey.manifest.reports == {"s1": "No effusion."}
    assert [note.message for note in survey.notes] == [f"has {name} between its columns: read so"]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("s1,p2,b.png,r.txt", "3: patient_id: examination 's1' has another patient in line 2"),
        ("s1,p1,b.png,q.txt", "3: report: examination 's1' has another report in line 2"),
        ("s2,p1,a.png,r.txt", "3: image: line 2 names the same image"),
        ("s2,p1,./a.png,r.txt", "3: image: line 2 names the same image"),
    ],
)
def test_rows_that_contradict_each_other_are_named(write: Callable[..., Path], second: str, expected: str) -> None:
    assert faults(write("s1,p1,a.png,r.txt", second)) == [expected]


def test_a_report_in_another_encoding_is_read_and_counted(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes("胸水を認める。".encode("shift_jis"))
    survey = survey_manifest(write("s1,p1,a.png,r.txt"))
    assert survey.manifest.reports == {"s1": "胸水を認める。"}
    assert survey.encodings == {"cp932": 1}


def test_a_report_whose_encoding_is_in_doubt_is_named_with_its_line(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes(b"\xff\xfe\xfd")
    (fault,) = faults(write("s1,p1,a.png,r.txt"))
    assert fault.startswith("2: report: r.txt ")


def test_all_faults_come_at_once_and_each_report_only_once(write: Callable[..., Path]) -> None:
    path = write("s1,p1,a.png,none.txt", "s1,p1,none.png,none.txt", "s2,,b.png,r.txt")
    assert [fault.split(":")[0] for fault in faults(path)] == ["2", "3", "4"]


def test_an_unreadable_folder_is_no_traceback(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o000)
    if os.access(tmp_path / "locked", os.X_OK):
        pytest.skip("this user may enter every folder (root)")
    assert faults(write("s1,p1,locked/a.png,r.txt")) == ["2: image: Permission denied: locked/a.png"]


def test_a_survey_keeps_what_is_right_beside_what_is_not(write: Callable[..., Path]) -> None:
    survey = survey_manifest(write("s1,p1,a.png,r.txt", "s2,p2,none.png,r.txt", "s3,p3,b.png,none.txt"))
    assert [entry.study_id for entry in survey.manifest.images] == ["s1", "s3"]
    assert survey.manifest.patients == {"s1": "p1"}
    assert survey.study_ids == {"s1", "s2", "s3"}
    assert len(survey.faults) == 2


def test_spellings_of_one_patient_are_one_patient_and_noted(write: Callable[..., Path]) -> None:
    path = write("s1,P 001,a.png,r.txt", "s1,p001,b.png,r.txt")
    survey = survey_manifest(path)
    assert {entry.patient_id for entry in survey.manifest.images} == {"p001"}
    assert survey.faults == ()
    assert list(map(str, survey.notes)) == [
        f"{path}:3: patient_id: 'p001' is taken to be the patient written 'P 001' in line 2"
    ]


def test_an_empty_report_is_noted(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text(" \n")
    survey = survey_manifest(write("s1,p1,a.png,r.txt", "s1,p1,b.png,r.txt"))
    assert [note.message for note in survey.notes] == ["r.txt holds no text"]


CELLS = st.text(alphabet='ab./\\\0\n\r",; é\u2028', max_size=6)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=6).map(",".join), max_size=4).map("\n".join) | st.binary(max_size=60)
)
@example("s1,p1,\0,r.txt")
@example("s1,p1,a.png,..")
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200, deadline=None
)
def test_whatever_a_manifest_holds_it_is_read_or_refused(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(HEADER.encode() + (content if isinstance(content, bytes) else content.encode()))
    with contextlib.suppress(ConfigurationError):  # any other error fails the test
        survey_manifest(path)
