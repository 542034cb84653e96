import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from glsmed.client.labelling.answers import Answer
from glsmed.client.labelling.label_studio import label_config, read_tasks, write_tasks
from glsmed.shared.errors import ConfigurationError

FINDINGS = ("effusion", "nodule")
ANSWERS = [
    Answer("a@x", "s1", "effusion", "present", "shown", at="2026-01-01T00:00:00.000+00:00"),
    Answer("a@x", "s1", "nodule", "cannot tell", "hidden", at="2026-01-01T00:00:01.000+00:00"),
    Answer("b", "s1", "effusion", "absent", "hidden", at="2026-01-02T00:00:00.000+00:00"),
    Answer("c", "s1", "effusion", "absent", "hidden", "adjudicator", at="2026-01-03T00:00:00.000+00:00"),
    Answer("a@x", "s2", "effusion", "absent", "hidden", at="2026-01-01T00:00:02.000+00:00"),
]


def test_what_goes_out_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    assert write_tasks(path, ANSWERS, {"s1": Path("/images/1.png")}, FINDINGS) == 2
    assert sorted(read_tasks(path, examinations=["s1", "s2"], findings=FINDINGS)) == sorted(ANSWERS)


def test_tasks_have_the_form_that_label_studio_reads(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    write_tasks(path, ANSWERS, {}, FINDINGS)
    task = json.loads(path.read_text())[0]
    assert task["data"]["study_id"] == "s1"
    result = task["annotations"][0]["result"][0]
    assert set(result) >= {"from_name", "to_name", "type", "value"}
    interface = ElementTree.parse(tmp_path / "tasks.xml").getroot()  # noqa: S314  # our own file
    names = {one.get("name"): one.get("toName") for one in interface.iter("Choices")}
    assert names == dict.fromkeys(FINDINGS, result["to_name"])
    assert result["value"]["choices"][0] in {one.get("value") for one in interface.iter("Choice")}


def task(*results: dict[str, object], study: str = "s1", **annotation: object) -> dict[str, object]:
    return {"data": {"study_id": study}, "annotations": [{"completed_by": 7, "result": list(results), **annotation}]}


def choice(value: object, finding: str = "effusion", kind: str = "choices") -> dict[str, object]:
    return {"from_name": finding, "to_name": "image", "type": kind, "value": {"choices": [value]}}


def exported(folder: Path, *tasks: dict[str, object]) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


@pytest.mark.parametrize(("said", "value"), [("Present", "present"), ("no", "absent"), ("Unsure", "cannot tell")])
def test_usual_spellings_are_understood(tmp_path: Path, said: str, value: str) -> None:
    (answer,) = read_tasks(exported(tmp_path, task(choice(said))), examinations=["s1"], findings=FINDINGS)
    assert (answer.value, answer.reader, answer.report, answer.role) == (value, "7", "unknown", "reader")


def test_cancelled_annotations_other_controls_and_predictions_are_left_out(tmp_path: Path) -> None:
    path = exported(
        tmp_path,
        task(choice("present"), was_cancelled=True),
        {**task(choice("absent"), choice("good", finding="quality"), choice("x", kind="textarea")), "predictions": [1]},
    )
    assert [one.value for one in read_tasks(path, examinations=["s1"], findings=FINDINGS)] == ["absent"]


def test_every_fault_is_told_with_its_task(tmp_path: Path) -> None:
    path = exported(tmp_path, task(choice("maybe")), task(choice("present"), study="other"))
    with pytest.raises(ConfigurationError) as caught:
        read_tasks(path, examinations=["s1"], findings=FINDINGS)
    assert "task 1: effusion: expected one of present, absent, cannot tell, got ['maybe']" in str(caught.value)
    assert "task 2: data.study_id 'other' is not an examination of the site" in str(caught.value)


@pytest.mark.parametrize(
    "content", ["", "{}", '[{"image": "x", "effusion": "present"}]', '[{"data": {"study_id": "s1"}}]']
)
def test_what_holds_no_answers_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"export\.json"):
        read_tasks(path, examinations=["s1"], findings=FINDINGS)


def test_names_in_the_interface_are_escaped() -> None:
    ElementTree.fromstring(label_config(['a"<b>&']))  # noqa: S314  # our own text
