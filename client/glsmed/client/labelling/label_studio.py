"""Answers as Label Studio's JSON: tasks with annotations, one Choices control for each finding."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from glsmed.client.labelling.answers import VALUES, Answer, Value
from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text

_IMAGE = "image"
_SPELLINGS: Mapping[str, Value] = {
    **{name: name for name in VALUES},
    **dict.fromkeys(("yes", "positive", "1"), VALUES[0]),
    **dict.fromkeys(("no", "negative", "0"), VALUES[1]),
    **dict.fromkeys(("unsure", "uncertain", "unknown", "cannot_tell"), VALUES[2]),
}
_MOST_NAMED = 5


def label_config(findings: Sequence[str]) -> str:
    """The labelling interface to paste into a Label Studio project: an image, and three choices for each finding."""
    choices = "".join(f'<Choice value="{value}"/>' for value in VALUES)
    controls = "\n".join(
        f'  <Header value="{escape(name)}"/>\n  <Choices name="{escape(name)}" toName="{_IMAGE}">{choices}</Choices>'
        for name in findings
    )
    return f'<View>\n  <Image name="{_IMAGE}" value="$image"/>\n{controls}\n</View>\n'


def tasks_of(answers: Iterable[Answer], images: Mapping[str, Path]) -> list[dict[str, object]]:
    """One task for each examination with answers, one annotation for each reader; adjudications are ground truth.

    Args:
        answers: of all readers.
        images: the first image of each examination; its path stands in the task, its pixels do not.
    """
    by_study: dict[str, dict[tuple[str, str], list[Answer]]] = {}
    for one in answers:
        by_study.setdefault(one.study_id, {}).setdefault((one.role, one.reader), []).append(one)
    return [
        {
            "id": number,
            "data": {"study_id": study_id, "image": str(images.get(study_id, ""))},
            "annotations": [_annotation(place, key, found) for place, (key, found) in enumerate(sorted(by.items()), 1)],
        }
        for number, (study_id, by) in enumerate(sorted(by_study.items()), 1)
    ]


def _annotation(number: int, key: tuple[str, str], answers: Sequence[Answer]) -> dict[str, object]:
    role, reader = key
    return {
        "id": number,
        "completed_by": {"email": reader},
        "ground_truth": role == "adjudicator",
        "created_at": max(one.at for one in answers),
        "result": [
            {
                "id": f"{number}-{place}",
                "from_name": one.finding,
                "to_name": _IMAGE,
                "type": "choices",
                "value": {"choices": [one.value]},
                "meta": {"report": one.report, "at": one.at},
            }
            for place, one in enumerate(answers, 1)
        ],
    }


def read_tasks(path: Path, *, examinations: Iterable[str], findings: Sequence[str]) -> list[Answer]:
    """The answers in a Label Studio export (JSON, not JSON_MIN).

    Annotations that were cancelled and predictions are left out; ground truth counts as adjudicated. A task names its
    examination as ``data.study_id``.

    Args:
        path: the export.
        examinations: that the site has.
        findings: names of the controls that count; others are left out.

    Raises:
        ConfigurationError: with every fault: it is no export, an examination that the site does not have, an answer
            that is none of ours, or no answer at all.
    """
    known, faults, answers = set(examinations), list[Fault](), list[Answer]()
    for number, task in enumerate(_tasks(path), 1):
        study_id = _text(task.get("data"), "study_id")
        if study_id not in known:
            faults.append(
                Fault(str(path), f"task {number}: data.study_id {study_id!r} is not an examination of the site")
            )
            continue
        for one in _annotations(task):
            try:
                answers += _answers(one, study_id, frozenset(findings))
            except ValueError as error:
                faults.append(Fault(str(path), f"task {number}: {error}"))
    if not faults and not answers:
        faults = [Fault(str(path), f"holds no answer about any of {', '.join(findings)}")]
    if faults:
        more = [Fault(str(path), f"and {len(faults) - _MOST_NAMED} more faults")] * (len(faults) > _MOST_NAMED)
        raise ConfigurationError([*faults[:_MOST_NAMED], *more])
    return answers


def _tasks(path: Path) -> list[dict[str, Any]]:
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigurationError([Fault(str(path), f"expected Label Studio's JSON export, got {error}")]) from None
    if not isinstance(tasks, list) or not all(isinstance(one, dict) and "data" in one for one in tasks):
        message = "expected a list of tasks with data and annotations: export as JSON, not as JSON_MIN or CSV"
        raise ConfigurationError([Fault(str(path), message)])
    return tasks


def _annotations(task: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = task.get("annotations") or []
    yield from (one for one in found if isinstance(one, dict) and not one.get("was_cancelled"))


def _answers(annotation: Mapping[str, Any], study_id: str, findings: frozenset[str]) -> Iterator[Answer]:
    for result in annotation.get("result") or []:
        finding = _text(result, "from_name")
        if result.get("type") != "choices" or finding not in findings:
            continue
        chosen = (result.get("value") or {}).get("choices") or []
        if len(chosen) != 1 or (value := _SPELLINGS.get(str(chosen[0]).strip().casefold())) is None:
            raise ValueError(f"{finding}: expected one of {', '.join(VALUES)}, got {chosen!r}")
        yield Answer(
            reader=_reader(annotation.get("completed_by")),
            study_id=study_id,
            finding=finding,
            value=value,
            report=_report(result.get("meta")),
            role="adjudicator" if annotation.get("ground_truth") else "reader",
            at=_text(result.get("meta"), "at") or _text(annotation, "created_at"),
        )


def _report(meta: object) -> Any:
    said = _text(meta, "report")
    return said if said in ("shown", "hidden") else "unknown"


def _reader(completed_by: object) -> str:
    """An address, or the number that Label Studio gives a user."""
    named = _text(completed_by, "email") or _text(completed_by, "id")
    return named or (str(completed_by) if isinstance(completed_by, int | str) else "label-studio")


def _text(holder: object, name: str) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    return "" if value is None else str(value)


def write_tasks(path: Path, answers: Iterable[Answer], images: Mapping[str, Path], findings: Sequence[str]) -> int:
    """Write all answers as tasks, and the labelling interface beside them (``.xml``); gives the number of tasks.

    Raises:
        OSError: a file cannot be written.
    """
    tasks = tasks_of(answers, images)
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", mode=PRIVATE_FILE)
    write_text(path.with_suffix(".xml"), label_config(findings))
    return len(tasks)
