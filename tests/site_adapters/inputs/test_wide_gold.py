from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.gold_labels import survey_gold
from glsmed.site_adapters.inputs.wide_gold import wide_gold_hint

FINDINGS = ("effusion", "cardiomegaly", "nodule")
TERMS = {"effusion": ("pleural effusion", "pleural fluid"), "cardiomegaly": ("enlarged heart",), "nodule": ()}


def hint(folder: Path, content: str) -> str:
    path = folder / "gold.csv"
    path.write_text(content, encoding="utf-8")
    found = wide_gold_hint(path, FINDINGS, TERMS)
    return "" if found is None else found.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("study_id,effusion,cardiomegaly\ns1,1,0\n", "a column for each finding: 'effusion', 'cardiomegaly'; expected"),
        ("Study;Pleural Effusion;Enlarged Heart\ns1;1;0\n", "'Pleural Effusion' (did you mean 'effusion'?)"),
        ("Study;Pleural Effusion;Enlarged Heart\ns1;1;0\n", "for instance s1,effusion,1"),
        (
            "Path,Sex,Age,Effusions,Cardiomegally\na/b.png,F,60,1.0,-1.0\n",
            "'Cardiomegally' (did you mean 'cardiomegaly'?)",
        ),
        ("study_id,Atelectasis,Nodule\ns1,1,0\n", "'Nodule' (did you mean 'nodule'?)"),
        ("study_id,effusion\ns1,1\n", "a column for each finding: 'effusion'"),
        ("finding,s1,s2\neffusion,1,0\nnodule,0,0\n", "a row for each finding: 'effusion', 'nodule'"),
    ],
)
def test_findings_side_by_side_are_seen(tmp_path: Path, content: str, words: str) -> None:
    assert words in hint(tmp_path, content)


@pytest.mark.parametrize(
    "content", ["study,label\ns1,1\n", "a,b,c\n1,2,3\n", "id,text,effusion\ns1,Small effusion.,1\n", "", "study_id\n"]
)
def test_another_table_is_none(tmp_path: Path, content: str) -> None:
    assert hint(tmp_path, content) == ""


def test_the_reader_of_gold_labels_says_it_in_place_of_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("study_id,Effusion,Heart size\ns1,1,0\n,,\n")
    with pytest.raises(ConfigurationError, match="column 'finding' is missing"):
        survey_gold(path, examinations={"s1"}, findings=FINDINGS, terms=TERMS)
    path.write_text("study_id,Effusion,Enlarged heart\ns1,1,0\n")
    with pytest.raises(ConfigurationError, match="a column for each finding") as caught:
        survey_gold(path, examinations={"s1"}, findings=FINDINGS, terms=TERMS)
    assert "is missing" not in str(caught.value)
