"""Which earlier forms of study.yaml a run goes on from.

A study may go on with more or fewer rounds, another quorum or another deadline: the models stay comparable. Anything
else makes another study, which begins anew. Hospitals have to approve the changed file all the same, since it has
another digest.
"""

import json
from pathlib import Path

from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.protocol.study import Study, load_study

MAY_CHANGE = ("training.rounds", "federation.quorum", "federation.round_deadline_minutes")


def digests_of_run(run_folder: Path, study: Study) -> tuple[str, ...]:
    """The digests whose checkpoints the study may go on from: its own, and those of its earlier forms.

    Raises:
        FederationError: the record of earlier forms is damaged, or differential privacy forbids to go on.
    """
    path, digest = run_folder / "digests.json", study.digest()
    known = _known(path)
    if digest in known:
        return known
    as_run = run_folder / "study.yaml"
    before = load_study(as_run) if as_run.is_file() else None
    if before is None or before.digest() == digest or not _differs_only_in_length(before, study):
        return (digest,)
    if study.training.privacy.is_on:
        raise FederationError(
            "study.yaml was changed after the run began. With training.privacy each study has a budget of its own, so "
            "it cannot go on under another digest: undo the change, or begin a new study"
        )
    digests = (*(known or (before.digest(),)), digest)
    write_text(path, json.dumps(digests, indent=1) + "\n")
    (run_folder / "summary.json").unlink(missing_ok=True)  # it goes on, so it has not finished
    return digests


def digests_so_far(run_folder: Path, study: Study) -> tuple[str, ...]:
    """The same for those that only look on: nothing is written, and the study need not go on.

    Raises:
        FederationError: the record of earlier forms is damaged.
    """
    as_run = run_folder / "study.yaml"
    before = (load_study(as_run).digest(),) if as_run.is_file() else ()
    return (*_known(run_folder / "digests.json"), *before, study.digest())


def _known(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    try:
        return tuple(str(digest) for digest in json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise FederationError(f"{path} is damaged: restore it from a backup") from None


def _differs_only_in_length(before: Study, after: Study) -> bool:
    return _without_length(before) == _without_length(after)


def _without_length(study: Study) -> dict[str, object]:
    content: dict[str, object] = study.model_dump(mode="json", exclude={"centre"})
    for key in MAY_CHANGE:
        section, name = key.split(".")
        part = content[section]
        if isinstance(part, dict):
            part.pop(name)
    return content
