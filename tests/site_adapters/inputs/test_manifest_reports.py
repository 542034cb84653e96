from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.manifest_reports import is_manifest, read_manifest_reports

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function from rows to a manifest beside the report r.txt; images need not be there."""
    (tmp_path / "r.txt").write_text("Small effusion.")

    def written(*rows: str, header: str = "study_id,patient_id,image,report,report_text") -> Path:
        path = tmp_path / "manifest.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return written


def test_each_examination_gives_its_report_once(write: Write) -> None:
    path = write("s1,p1,a.png,r.txt,", "s1,p1,b.png,r.txt,", "s2,p2,c.png,,No effusion.")
    assert read_manifest_reports(path) == {"s1": "Small effusion.", "s2": "No effusion."}


def test_two_columns_are_enough(write: Write) -> None:
    assert read_manifest_reports(write("s1,Clear.", header="study_id,report_text")) == {"s1": "Clear."}


def test_markup_in_a_cell_is_read_away(write: Write) -> None:
    path = write("s1,<p>No&nbsp;effusion.</p>", header="study_id,report_text")
    assert read_manifest_reports(path)["s1"].strip() == "No effusion."


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("s1,p1,a.png,none.txt,", "manifest.csv:3: report: no such file: none.txt"),
        ("s1,p1,a.png,,", "manifest.csv:3: report: is blank, and so is report_text"),
        ("s1,p1,a.png,,nan", "manifest.csv:3: report_text: is 'nan': a value that was lost on the way"),
        (",p1,a.png,r.txt,", "manifest.csv:3: study_id: is blank"),
        (
            "s0,p0,a.png,,Other words.",
            "manifest.csv:3: report_text: examination 's0' has another report text in line 2",
        ),
        ("#N/A,p1,a.png,r.txt,", "manifest.csv:3: study_id: '#N/A' is no identifier"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(write: Write, row: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_manifest_reports(write("s0,p0,z.png,,Clear.", row))
    assert said in str(caught.value)


@pytest.mark.parametrize(("name", "expected"), [("m.csv", True), ("m.TSV", True), ("r.jsonl", False), ("-", False)])
def test_a_manifest_is_known_by_its_name(name: str, expected: bool) -> None:
    assert is_manifest(Path(name)) is expected
