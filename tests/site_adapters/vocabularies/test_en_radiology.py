"""English sentences and what each must be read as."""

import pytest

from glsmed.site_adapters.reader import Reader

PRESENT, ABSENT, UNCERTAIN, UNMENTIONED = "present", "absent", "uncertain", "unmentioned"


def _says(text: str, **states: str) -> tuple[str, dict[str, str]]:
    return text, states


@pytest.mark.parametrize(
    ("text", "states"),
    [
        _says("Effusion cannot be excluded.", effusion=UNCERTAIN),
        _says("A small effusion can not be entirely excluded.", effusion=UNCERTAIN),
        _says("EFFUSION CANNOT BE EXCLUDED", effusion=UNCERTAIN),
        _says("Effusion cannot\nbe excluded.", effusion=UNCERTAIN),
        _says("Ｅｆｆｕｓｉｏｎ ｃａｎｎｏｔ ｂｅ ｅｘｃｌｕｄｅｄ．", effusion=UNCERTAIN),
        _says("Pneumonia is unlikely.", pneumonia=UNCERTAIN),
        _says("Pneumonia is very unlikely.", pneumonia=UNCERTAIN),
        _says("Pneumonia is not likely.", pneumonia=UNCERTAIN),
        _says("Pneumonia improbable.", pneumonia=UNCERTAIN),
        _says("Pneumonia is less likely, but cannot be excluded.", pneumonia=UNCERTAIN),
        _says("Pneumonia is unlikely but not excluded.", pneumonia=UNCERTAIN),
        _says("No pneumonia but possible effusion.", pneumonia=ABSENT, effusion=UNCERTAIN),
        _says("No pneumonia, effusion or pneumothorax.", pneumonia=ABSENT, effusion=ABSENT, pneumothorax=ABSENT),
        _says("No pneumonia. Effusion.", pneumonia=ABSENT, effusion=PRESENT),
        _says("Findings c/w pneumonia.", pneumonia=PRESENT),
        _says("R/o pneumonia.", pneumonia=UNCERTAIN),
        _says("Opacity s/o pneumonia.", pneumonia=UNCERTAIN),
        _says("INDICATION: r/o pneumonia\nFINDINGS: Clear.", pneumonia=UNMENTIONED),
        _says("DDx: pneumonia, edema.", pneumonia=UNCERTAIN, edema=UNCERTAIN),
        _says("DDx includes atelectasis and pneumonia.", atelectasis=UNCERTAIN, pneumonia=UNCERTAIN),
        _says("Atelectasis vs. pneumonia.", atelectasis=UNCERTAIN, pneumonia=UNCERTAIN),
        _says(
            "Atelectasis versus pneumonia versus edema.", atelectasis=UNCERTAIN, pneumonia=UNCERTAIN, edema=UNCERTAIN
        ),
        _says("Either atelectasis or pneumonia.", atelectasis=UNCERTAIN, pneumonia=UNCERTAIN),
        _says("No change in the effusion.", effusion=PRESENT),
        _says("Effusion without change.", effusion=PRESENT),
        _says("No interval change in the small left effusion.", effusion=PRESENT),
        _says("The effusion has resolved.", effusion=ABSENT),
        _says("Effusion no longer seen.", effusion=ABSENT),
        _says("Previously seen effusion has cleared.", effusion=ABSENT),
        _says("Interval resolution of the pneumothorax.", pneumothorax=ABSENT),
        _says("Resolving pneumonia.", pneumonia=PRESENT),
        _says("Improving edema.", edema=PRESENT),
        _says("History of pneumonia.", pneumonia=UNMENTIONED),
        _says("If there is concern for pneumonia, CT is advised.", pneumonia=UNMENTIONED),
        _says("Rule out pneumonia.", pneumonia=UNMENTIONED),
        _says("Effusion is small and cannot be excluded on the right.", effusion=UNCERTAIN),
        _says("- No effusion\n- Pneumothorax\n- possible mass", effusion=ABSENT, pneumothorax=PRESENT, mass=UNCERTAIN),
        _says(
            "1. No effusion.\n2. Possible mass.\n3. Cardiomegaly.",
            effusion=ABSENT,
            mass=UNCERTAIN,
            cardiomegaly=PRESENT,
        ),
        _says("• Effusion\n• No mass", effusion=PRESENT, mass=ABSENT),
        _says("FINDINGS: Possible effusion. IMPRESSION: No effusion.", effusion=ABSENT),
        _says("FINDINGS: Effusion. IMPRESSION: Possible effusion.", effusion=UNCERTAIN),
        _says("Lungs: clear. Pleura: no effusion. Heart: enlarged.", effusion=ABSENT),
        _says("No effusion is seen on the right. Effusion on the left.", effusion=PRESENT),
        _says("Left effusion. No right effusion.", effusion=PRESENT),
        _says("Probably no effusion.", effusion=ABSENT),
        _says("Likely no pneumothorax.", pneumothorax=ABSENT),
        _says("Not only effusion but also mass.", effusion=PRESENT, mass=PRESENT),
        _says("No doubt a mass.", mass=PRESENT),
        _says("Pneumonia cannot be confirmed.", pneumonia=UNCERTAIN),
        _says("Pneumonia not excluded.", pneumonia=UNCERTAIN),
        _says("Cannot rule out pneumonia or effusion.", pneumonia=UNCERTAIN, effusion=UNCERTAIN),
        _says("Pneumothorax: none.", pneumothorax=ABSENT),
        _says("Effusion: no.", effusion=ABSENT),
        _says("Effusion - none.", effusion=ABSENT),
        _says("Pneumothorax: No.\nEffusion: Yes.", pneumothorax=ABSENT, effusion=PRESENT),
        _says(
            "Negative for pneumothorax, effusion, or consolidation.",
            pneumothorax=ABSENT,
            effusion=ABSENT,
            consolidation=ABSENT,
        ),
        _says("There is neither effusion nor pneumothorax.", effusion=ABSENT, pneumothorax=ABSENT),
        _says("The previously described nodule is not visualized.", nodule=ABSENT),
        _says("No mass, although a nodule is possible.", mass=ABSENT, nodule=UNCERTAIN),
        _says(
            "Opacity which may represent pneumonia or atelectasis.",
            pneumonia=UNCERTAIN,
            atelectasis=UNCERTAIN,
            lung_opacity=PRESENT,
        ),
        _says("Cardiac silhouette is not enlarged.", cardiomegaly=ABSENT),
        _says("The heart is not significantly enlarged.", cardiomegaly=ABSENT),
        _says("Heart size is mildly enlarged.", cardiomegaly=PRESENT),
        _says("Mild cardiomegaly with no effusion.", cardiomegaly=PRESENT, effusion=ABSENT),
        _says("Pneumothorax is not definitely seen.", pneumothorax=ABSENT),
        _says("No definite effusion, but a small one cannot be excluded.", effusion=UNCERTAIN),
        _says("?pneumonia", pneumonia=UNCERTAIN),
        _says("Pneumonia?", pneumonia=UNCERTAIN),
        _says("? effusion", effusion=UNCERTAIN),
        _says("Could this be pneumonia?", pneumonia=UNCERTAIN),
        _says("It is difficult to exclude a small pneumothorax.", pneumothorax=UNCERTAIN),
        _says("There is a questionable nodule.", nodule=UNCERTAIN),
        _says("Suspicious for mass.", mass=UNCERTAIN),
        _says("Findings favor edema over pneumonia.", edema=UNCERTAIN, pneumonia=UNCERTAIN),
        _says("Atelectasis rather than pneumonia.", atelectasis=PRESENT),
        _says("Atelectasis is favored over pneumonia.", atelectasis=UNCERTAIN, pneumonia=UNCERTAIN),
        _says("Suggestive of edema, less likely pneumonia.", edema=UNCERTAIN, pneumonia=UNCERTAIN),
        _says("Opacity, possibly atelectasis, in the left base.", atelectasis=UNCERTAIN, lung_opacity=PRESENT),
        _says("Effusion, if any, is tiny.", effusion=UNCERTAIN),
        _says("Almost certainly a granuloma.", lung_lesion=UNCERTAIN),
        _says("There is no evidence to suggest pneumonia.", pneumonia=ABSENT),
        _says("No radiographic evidence of acute pneumonia.", pneumonia=ABSENT),
        _says("Without pneumothorax.", pneumothorax=ABSENT),
        _says("Pneumothorax has been ruled out.", pneumothorax=ABSENT),
        _says("Pneumothorax is excluded.", pneumothorax=ABSENT),
        _says("Absence of effusion.", effusion=ABSENT),
        _says("Denies history of pneumonia.", pneumonia=UNMENTIONED),
        _says("Chest tube in place for pneumothorax.", pneumothorax=PRESENT),
        _says("Pneumothorax tube in situ.", pneumothorax=UNMENTIONED),
        _says("Effusion remains unchanged.", effusion=PRESENT),
        _says("Unchanged effusion.", effusion=PRESENT),
        _says("Cannot exclude superimposed pneumonia.", pneumonia=UNCERTAIN),
        _says("Superimposed infection or pneumonia cannot be entirely excluded.", pneumonia=UNCERTAIN),
        _says("No new effusion.", effusion=ABSENT),
        _says("Effusions have decreased.", effusion=PRESENT),
        _says(
            "Possible atelectasis or pneumonia in the left lung base; no effusion.",
            atelectasis=UNCERTAIN,
            pneumonia=UNCERTAIN,
            effusion=ABSENT,
        ),
        _says("The patient is at risk for pneumonia.", pneumonia=UNMENTIONED),
        _says("CT would be more sensitive for small nodules.", nodule=UNMENTIONED),
        _says("Follow up to exclude underlying mass.", mass=UNMENTIONED),
        _says("Pneumonia would be difficult to exclude in the appropriate clinical setting.", pneumonia=UNCERTAIN),
        _says("Cannot exclude small pneumothorax but no effusion.", pneumothorax=UNCERTAIN, effusion=ABSENT),
        _says("I see no pneumothorax.", pneumothorax=ABSENT),
        _says("Pulmonary edema is not excluded and pneumonia is possible.", edema=UNCERTAIN, pneumonia=UNCERTAIN),
        _says("No focal consolidation to suggest pneumonia.", consolidation=ABSENT, pneumonia=ABSENT),
        _says("No acute findings of pneumonia.", pneumonia=ABSENT),
        _says("Lungs clear.", consolidation=ABSENT),
        _says("Not definitely pneumonia.", pneumonia=UNCERTAIN),
        _says("No large effusion. Small effusion not excluded.", effusion=UNCERTAIN),
        _says("Pneumonia is suspected.", pneumonia=UNCERTAIN),
        _says("Pneumonia is a possibility.", pneumonia=UNCERTAIN),
        _says("Possibility of pneumonia is low.", pneumonia=UNCERTAIN),
        _says("Low probability of pneumonia.", pneumonia=UNCERTAIN),
        _says("Low suspicion for pneumonia.", pneumonia=UNCERTAIN),
        _says("High probability of pneumonia.", pneumonia=UNCERTAIN),
        _says("Effusions are likely present.", effusion=UNCERTAIN),
        _says("There may be a small effusion.", effusion=UNCERTAIN),
        _says("Mass/nodule in the right lung.", mass=PRESENT, nodule=PRESENT),
        _says(
            "Probable small bilateral pleural effusions and bibasilar atelectasis.",
            effusion=UNCERTAIN,
            atelectasis=UNCERTAIN,
        ),
        _says("Atelectasis and/or consolidation.", atelectasis=PRESENT, consolidation=PRESENT),
    ],
)
def test_sentence(english: Reader, text: str, states: dict[str, str]) -> None:
    cells = english.read(text).cells
    assert {finding: cells[finding].state if finding in cells else UNMENTIONED for finding in states} == states


@pytest.mark.parametrize(
    ("surer", "less_sure"),
    [
        ("Pneumonia.", "Findings consistent with pneumonia."),
        ("Findings consistent with pneumonia.", "Pneumonia is likely."),
        ("Most likely pneumonia.", "Pneumonia is likely."),
        ("Pneumonia is likely.", "Findings suspicious for pneumonia."),
        ("Highly suggestive of pneumonia.", "Suggestive of pneumonia."),
        ("Findings suspicious for pneumonia.", "Possible pneumonia."),
        ("Possible pneumonia.", "Pneumonia cannot be excluded."),
        ("Pneumonia cannot be excluded.", "Pneumonia cannot be entirely excluded."),
        ("Possible pneumonia.", "Pneumonia is less likely."),
        ("Pneumonia is less likely.", "Pneumonia is unlikely."),
        ("Pneumonia is unlikely.", "Pneumonia is very unlikely."),
        ("Probably no pneumonia.", "No pneumonia."),
        ("Pneumonia cannot be excluded.", "Probably no pneumonia."),
        ("No definite pneumonia.", "No pneumonia."),
        ("Atelectasis versus pneumonia.", "Atelectasis versus edema versus pneumonia."),
    ],
)
def test_more_doubt_leaves_less(english: Reader, surer: str, less_sure: str) -> None:
    sure, unsure = (english.read(text).cells["pneumonia"].probability for text in (surer, less_sure))
    assert sure > unsure


@pytest.mark.parametrize("text", ["Possibly no pneumonia.", "Findings suggest no pneumonia."])
def test_weak_doubt_over_a_denial_never_makes_a_finding_likely(english: Reader, text: str) -> None:
    cell = english.read(text).cells["pneumonia"]
    assert cell.state == "uncertain"
    assert cell.probability < 0.5


def test_alternatives_share_the_whole(english: Reader) -> None:
    cells = english.read("Atelectasis versus pneumonia versus edema.").cells
    assert sum(cells[finding].probability for finding in ("atelectasis", "pneumonia", "edema")) <= 1.11
    assert {cells[finding].share for finding in ("atelectasis", "pneumonia", "edema")} == {2 / 3}


def test_a_cue_counts_only_where_it_reaches(english: Reader) -> None:
    cells = english.read("Possible pneumonia. Effusion. No mass, but a nodule.").cells
    states = {finding: cell.state for finding, cell in cells.items() if finding != "lung_lesion"}
    assert states == {"pneumonia": UNCERTAIN, "effusion": PRESENT, "mass": ABSENT, "nodule": PRESENT}
