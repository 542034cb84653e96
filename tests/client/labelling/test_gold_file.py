from pathlib import Path

import pytest

from glsmed.client.labelling.gold_file import write_gold
from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.gold_labels import survey_gold

GOLD = {("s2", "mass"): 1, ("s1", "mass"): 0}


def test_what_was_written_is_read_back_with_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    write_gold(path, GOLD, {("s2", "mass"): 2.5, ("s1", "mass"): 0.0}, before={})
    survey = survey_gold(path, examinations={"s1", "s2"}, findings=["mass"])
    assert survey.labels == GOLD
    assert survey.weights == {("s2", "mass"): 2.5, ("s1", "mass"): 0.0}


def test_rows_from_elsewhere_stay_with_their_columns_and_win(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("study_id,finding,value,by\ns1,mass,1,CT\ns9,hernia,0,\n")
    written = write_gold(path, GOLD, {}, before={})
    assert path.read_text() == "study_id,finding,value,by,weight\ns1,mass,1,CT,\ns9,hernia,0,,\ns2,mass,1,,1\n"
    assert (written.kept, written.differing, written.gold) == (2, (("s1", "mass"),), {("s2", "mass"): 1})


def test_own_rows_follow_the_answers_and_a_row_that_somebody_changed_is_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    first = write_gold(path, GOLD, {}, before={})
    path.write_text(path.read_text().replace("s2,mass,1", "s2,mass,0"))
    second = write_gold(path, {("s2", "mass"): 1, ("s3", "mass"): 1}, {}, before=first.gold)
    assert path.read_text() == "study_id,finding,value,weight\ns2,mass,0,1\ns3,mass,1,1\n"
    assert second.differing == (("s2", "mass"),)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"study_id;finding;value\ns1;mass;1\n", "between commas"),
        ("study_id,finding,value\ns1,m\u00e4ss,1\n".encode("latin-1"), "utf-8"),
        (b"study_id,finding,value\ns1,mass\n", "row 2"),
        (b"study_id,finding,value\ns1,mass,1,2\n", "row 2"),
    ],
)
def test_a_file_that_would_lose_something_is_left_alone(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "gold.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=why):
        write_gold(path, GOLD, {}, before={})
    assert path.read_bytes() == content
