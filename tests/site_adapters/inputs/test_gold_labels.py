from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.gold_labels import other_findings, read_gold

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
        (["s3,mass,1"], "gold.csv:2: study_id: 's3' is not in the reports"),
        (["s1,mass,yes"], "gold.csv:2: value: expected 0 or 1, got 'yes'"),
        (["s1,mass,"], "gold.csv:2: value: expected 0 or 1, got ''"),
        (["s1,,1"], "gold.csv:2: finding: is blank"),
        (["s1,mass,1", "s1,mass,0"], "gold.csv:3: value: mass of 's1' is 1 in an earlier line and 0 here"),
        (["s1,hernia,1", "s1,hernia,0"], "gold.csv:3: value: hernia of 's1' is 1 in an earlier line and 0 here"),
        (["s1,efusion,1"], "no row is about any of the findings effusion, mass; did you mean 'effusion'?"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_gold(gold_file(tmp_path, *rows), examinations=EXAMINATIONS, findings=FINDINGS, among="reports")
    assert message in str(caught.value)


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_gold(gold_file(tmp_path, "s3,mass,1", "s1,mass,2"), examinations=EXAMINATIONS, findings=FINDINGS)
    assert len(caught.value.faults) == 2


def test_rows_about_other_findings_are_counted_by_name(tmp_path: Path) -> None:
    path = gold_file(tmp_path, "s1,effusion,1", "s1,efusion,1", "s2,efusion,0", "s2,hernia,0")
    assert other_findings(path, findings=FINDINGS) == {"efusion": 2, "hernia": 1}
