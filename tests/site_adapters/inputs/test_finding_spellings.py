import pytest

from glsmed.site_adapters.inputs.finding_spellings import meant_finding

FINDINGS = ["effusion", "mass", "pleural_thickening", "pneumothorax", "lung_opacity"]
TERMS = {"effusion": ["pleural fluid", "胸水", "Pleuraerguss"], "mass": ["tumour"]}


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("Effusion", "effusion"),
        ("Pleural Effusion", "effusion"),
        ("pleural_effusion", "effusion"),
        ("Pleural-Thickening", "pleural_thickening"),
        ("Lung Opacity", "lung_opacity"),
        ("opacity", "lung_opacity"),
        ("ＭＡＳＳ", "mass"),
        ("efusion", "effusion"),
        ("胸水", "effusion"),
        ("Pleuraerguss", "effusion"),
        ("Tumour", "mass"),
    ],
)
def test_the_finding_that_is_meant_is_offered(name: str, finding: str) -> None:
    assert meant_finding(name, FINDINGS, TERMS) == f"; did you mean {finding!r}?"


@pytest.mark.parametrize("name", ["gallstone", "", "___"])
def test_a_name_that_is_far_from_all_gets_no_offer(name: str) -> None:
    assert meant_finding(name, FINDINGS, TERMS) == ""


@pytest.mark.parametrize("name", ["pleural_thickening", "Pleural Thickening", "Edema", "mass"])
def test_another_finding_by_its_right_name_gets_no_offer(name: str) -> None:
    assert (
        meant_finding(name, ["effusion", "lung_lesion"], {"effusion": ["pleural"], "lung_lesion": ["edematous mass"]})
        == ""
    )
