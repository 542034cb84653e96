from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.data.manifest import Survey, survey_manifest

Rows = list[tuple[str, str, str, str]]  # examination, patient, report, report text


@pytest.fixture
def survey(tmp_path: Path) -> Callable[[Rows], Survey]:
    """A function from rows to the survey of a manifest whose images and reports are there."""

    def surveyed(rows: Rows) -> Survey:
        lines = ["study_id,patient_id,image,report,report_text"]
        for number, (study, patient, report, text) in enumerate(rows):
            (tmp_path / f"{number}.png").write_bytes(b"")
            if report:
                (tmp_path / report).write_text(f"Report of {report}.")
            lines.append(f"{study},{patient},{number}.png,{report},{text}")
        (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
        return survey_manifest(tmp_path / "manifest.csv")

    return surveyed


def own(count: int, *, start: int = 0) -> Rows:
    return [(f"s{n}", f"p{n}", "", f"Text number {n}.") for n in range(start, start + count)]


def test_an_ordinary_manifest_raises_no_doubt(survey: Callable[[Rows], Survey]) -> None:
    found = survey(own(30))
    assert (found.faults, found.notes) == ((), ())


@pytest.mark.parametrize("column", ["study_id", "patient_id"])
@pytest.mark.parametrize("value", ["nan", "#REF!", "1E+13", "4711.0"])
def test_spoiled_identifiers_are_faults(survey: Callable[[Rows], Survey], column: str, value: str) -> None:
    row = (value, "p1", "", "Clear.") if column == "study_id" else ("s1", value, "", "Clear.")
    (fault,) = survey([row]).faults
    assert (fault.line, fault.key) == (2, column)


def test_a_report_file_of_two_patients_is_noted_and_of_three_refused(survey: Callable[[Rows], Survey]) -> None:
    rows = [(f"s{n}", f"p{n}", "r.txt", "") for n in range(3)]
    two, three = survey(rows[:2]), survey(rows)
    assert [note.message for note in two.notes] == ["r.txt is the report of 2 patients: a report belongs to one"]
    assert two.faults == ()
    assert [(fault.line, fault.message) for fault in three.faults] == [
        (3, "r.txt is the report of 3 patients: a report belongs to one")
    ]


def test_a_report_file_of_one_patients_examinations_is_right(survey: Callable[[Rows], Survey]) -> None:
    assert survey([(f"s{n}", "p1", "r.txt", "") for n in range(3)]).notes == ()


def test_one_text_for_many_patients_is_noted_and_for_nearly_all_refused(survey: Callable[[Rows], Survey]) -> None:
    same: Rows = [(f"t{n}", f"q{n}", "", "Normal chest.") for n in range(40)]
    some, nearly_all = survey(same + own(20)), survey(same + own(2))
    assert "40 of 60 patients have the same report, word for word ('Normal chest.')" in some.notes[0].message
    assert some.faults == ()
    assert "40 of 42 patients have the same report" in nearly_all.faults[0].message


def test_a_few_patients_with_a_template_are_no_doubt(survey: Callable[[Rows], Survey]) -> None:
    same: Rows = [(f"t{n}", f"q{n}", "", "Normal chest.") for n in range(9)]
    assert survey(same + own(10)).notes == ()


def test_a_patient_with_very_many_examinations_is_noted(survey: Callable[[Rows], Survey]) -> None:
    many: Rows = [(f"t{n}", "anon", "", f"Film {n}.") for n in range(25)]
    (note,) = survey(many + own(30)).notes
    assert note.message == "'anon' has 25 of 55 examinations: is that one patient?"


def test_each_further_spelling_of_a_patient_is_noted_once(survey: Callable[[Rows], Survey]) -> None:
    rows: Rows = [(f"s{n}", name, "", f"Text {n}.") for n, name in enumerate(["P 1", "p1", "p1", "P1"])]
    assert [(note.line, note.message.split()[0]) for note in survey(rows).notes] == [(3, "'p1'"), (5, "'P1'")]


def test_names_in_another_spelling_are_counted(survey: Callable[[Rows], Survey], tmp_path: Path) -> None:
    survey(own(3))
    table = (tmp_path / "manifest.csv").read_text().replace("0.png", "0.PNG").replace("1.png", ".\\1.png")
    (tmp_path / "manifest.csv").write_text(table)
    found = survey_manifest(tmp_path / "manifest.csv")
    assert [entry.image.name for entry in found.manifest.images] == ["0.png", "1.png", "2.png"]
    assert {note.message for note in found.notes} == {
        "1 file name(s) found by another spelling: case",
        "1 file name(s) found by another spelling: backslashes",
    }
