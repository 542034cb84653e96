from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.finding_spellings import Terms
from glsmed.site_adapters.inputs.gold_labels import read_gold, survey_gold

EXAMINATIONS = {"s1", "s2"}
FINDINGS = ["effusion", "mass"]


def gold_file(folder: Path, *rows: str) -> Path:
    path = folder / "gold.csv"
    path.write_text("\n".join(["study_id,finding,value", *rows]) + "\n")
    return path


def test_values_come_by_study_and_finding(tmp_path: Path) -> None:
    path = gold_file(tmp_path, "s1,effusion,1", "s2,effusion,0")
    assert read_gold(path, examinations=EXAMINATIONS, findings=FINDINGS) == {
        ("s1", "effusion"): 1,
        ("s2", "effusion"): 0,
    }


def test_a_finding_that_does_not_count_is_left_out(tmp_path: Path) -> None:
    path = gold_file(tmp_path, "s1,effusion,1", "s1,hernia,1")
    assert read_gold(path, examinations=EXAMINATIONS, findings=FINDINGS) == {("s1", "effusion"): 1}


def test_the_same_row_twice_is_one_label(tmp_path: Path) -> None:
    path = gold_file(tmp_path, "s1,mass,1", "s1,mass,1")
    assert read_gold(path, examinations=EXAMINATIONS, findings=FINDINGS) == {("s1", "mass"): 1}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["s1,mass,yes"], "gold.csv:2: value: expected 0 or 1, got 'yes': write 1"),
        (["s1,mass,FALSE"], "gold.csv:2: value: expected 0 or 1, got 'FALSE': write 0"),
        (["s1,mass,-1"], "gold.csv:2: value: expected 0 or 1, got '-1'"),
        (["s1,mass,0.5"], "gold.csv:2: value: expected 0 or 1, got '0.5'"),
        (["s1,mass,10"], "gold.csv:2: value: expected 0 or 1, got '10'"),
        (["s1,,1"], "gold.csv:2: finding: is blank"),
        ([",mass,1"], "gold.csv:2: study_id: is blank"),
        (["s1,mass,1", "s1,mass,0"], "gold.csv:3: value: mass of 's1' is 1 in an earlier line and 0 here"),
        (["s1,mass,1.0", "s1,mass,0"], "gold.csv:3: value: mass of 's1' is 1 in an earlier line and 0 here"),
        (["s1,hernia,1", "s1,hernia,0"], "gold.csv:3: value: hernia of 's1' is 1 in an earlier line and 0 here"),
        (["s1,efusion,1"], "no row is about any of the findings effusion, mass; did you mean 'effusion'?"),
        (["s3,mass,1"], "study_id: no row is about an examination of the reports: 's3'"),
        (["s1,mass,"], "gold.csv: no row has a value"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_gold(gold_file(tmp_path, *rows), examinations=EXAMINATIONS, findings=FINDINGS, among="the reports")
    assert message in str(caught.value)


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_gold(gold_file(tmp_path, "s1,,1", "s1,mass,2"), examinations=EXAMINATIONS, findings=FINDINGS)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("written", "meant"), [("1.0", 1), ("0.0", 0), ("1.", 1), ("01", 1), ("１", 1), (" 0 ", 0), ('"1,0"', 1)]
)
def test_numbers_as_programs_write_them_are_values(tmp_path: Path, written: str, meant: int) -> None:
    path = gold_file(tmp_path, f"s1,mass,{written}")
    assert read_gold(path, examinations=EXAMINATIONS, findings=FINDINGS) == {("s1", "mass"): meant}


def notes(path: Path, terms: Terms | None = None) -> list[str]:
    survey = survey_gold(path, examinations=EXAMINATIONS, findings=FINDINGS, terms=terms)
    assert survey.faults == ()
    return [str(note).removeprefix(f"{path}: ") for note in survey.notes]


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (["s2,mass,", "s2,effusion,nan"], "value: 2 of 3 row(s) left out: no value (line 3, 4)"),
        (["s1,mass,1"], "value: 1 of 2 row(s) left out: the same as an earlier row (line 3)"),
        (["s7,mass,1"], "study_id: 1 of 2 row(s) left out: about 1 examination(s) that are not in the manifest: 's7'"),
        (
            ["s1,hernia,1", "s1,efusion,0", "s2,efusion,0"],
            "finding: 3 of 4 row(s) left out: 'efusion' (2); did you mean 'effusion'?, 'hernia' (1)",
        ),
    ],
)
def test_every_row_that_is_left_out_is_counted(tmp_path: Path, rows: list[str], note: str) -> None:
    (said,) = notes(gold_file(tmp_path, "s1,mass,1", *rows))
    assert said.replace("finding(s) that do not count here: ", "") == note


def test_what_reports_call_a_finding_says_which_is_meant(tmp_path: Path) -> None:
    (note,) = notes(gold_file(tmp_path, "s1,mass,1", "s1,Pleuraerguss,1"), terms={"effusion": ["Pleuraerguss"]})
    assert "'Pleuraerguss' (1); did you mean 'effusion'?" in note


def test_an_examination_whose_zeros_were_lost_is_recognised(tmp_path: Path) -> None:
    path = gold_file(tmp_path, "17,mass,1", "18.0,mass,1")
    with pytest.raises(ConfigurationError, match=r"'17' \(is it '0017'\?\), '18\.0' \(is it '0018'\?\)"):
        read_gold(path, examinations={"0017", "0018"}, findings=FINDINGS)


def test_weights_are_read_where_there_are_any_and_are_1_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("study_id,finding,value,weight\ns1,mass,1,2.5\ns2,mass,0,\ns1,effusion,0,0\ns2,effusion,1,1\n")
    survey = survey_gold(path, examinations=EXAMINATIONS, findings=FINDINGS)
    assert survey.weights == {("s1", "mass"): 2.5, ("s1", "effusion"): 0.0}
    assert len(survey.labels) == 4


@pytest.mark.parametrize("weight", ["-1", "heavy", "nan", "inf"])
def test_what_is_no_weight_is_a_fault(tmp_path: Path, weight: str) -> None:
    path = tmp_path / "gold.csv"
    path.write_text(f"study_id,finding,value,weight\ns1,mass,1,{weight}\n")
    with pytest.raises(ConfigurationError, match=r"gold\.csv:2: weight: expected a number of 0 or more"):
        read_gold(path, examinations=EXAMINATIONS, findings=FINDINGS)
