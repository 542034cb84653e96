from pathlib import Path

import pytest

from glsmed.site_adapters.inputs.gold_warnings import gold_warnings


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    file = tmp_path / "gold.csv"
    file.write_text("study_id,finding,value\n1,effusion,1\n1,nodul,0\n2,nodul,1\n")
    return file


def test_a_finding_that_the_adapter_does_not_know_is_named_once(gold: Path) -> None:
    said = gold_warnings(gold, ["effusion", "nodule"])
    assert said == [f"warning: {gold}: 2 row(s) left out: the adapter does not know 'nodul'; did you mean 'nodule'?"]


def test_known_findings_need_no_word(gold: Path) -> None:
    assert gold_warnings(gold, ["effusion", "nodul"]) == []
