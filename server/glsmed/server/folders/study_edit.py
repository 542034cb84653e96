"""One value of study.yaml changed in its place, so that a person's comments and order stay."""

from pathlib import Path

import yaml

from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import parse_document, validate
from glsmed.shared.protocol.study import Study


def set_rounds(study_file: Path, rounds: int) -> Study:
    """Write ``training.rounds``; returns the study as it is now.

    Raises:
        ConfigurationError: the file has faults, or would have.
        UsageError: the file has no such key.
        OSError: it cannot be written.
    """
    text = study_file.read_text(encoding="utf-8")
    node = _value(text, "training", "rounds")
    if node is None:
        raise UsageError(
            f"{study_file}: training.rounds is not in the file: add it there, for instance rounds: {rounds}"
        )
    changed = text[: node.start_mark.index] + str(rounds) + text[node.end_mark.index :]
    study = validate(parse_document(changed, source=str(study_file)), Study)
    write_text(study_file, changed)
    return study


def _value(text: str, *keys: str) -> yaml.ScalarNode | None:
    """The scalar at this place of a document."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for name, value in node.value if name.value == key), None)
    return node if isinstance(node, yaml.ScalarNode) else None
