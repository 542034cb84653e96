import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from glsmed.server.signing.audit_heads import WENT_BACK, AuditHeads
from glsmed.shared.errors import FederationError
from glsmed.shared.signing.signed_records import AnswerHeader

Event = tuple[str, Mapping[str, object]]


def _answer(entries: int, head: str = "h") -> AnswerHeader:
    return AnswerHeader(
        study="s",
        run="1",
        round="1",
        site="a",
        kind="train",
        serial=entries,
        task="t",
        content="c",
        audit_entries=entries,
        audit_head=head,
    )


@pytest.mark.parametrize(
    ("ends", "went_back"),
    [
        ([(1, "x"), (3, "y"), (9, "z")], 0),
        ([(3, "x"), (3, "x")], 0),
        ([(3, "x"), (3, "y")], 1),
        ([(3, "x"), (2, "x")], 1),
        ([(3, "x"), (2, "y"), (4, "z")], 1),
    ],
)
@pytest.mark.parametrize("restarts", [False, True])
def test_a_log_that_went_back_is_recorded(
    tmp_path: Path, ends: list[tuple[int, str]], went_back: int, restarts: bool
) -> None:
    events: list[Event] = []
    heads = AuditHeads(tmp_path / "heads", record=lambda event, fields: events.append((event, fields)))
    for entries, head in ends:
        if restarts:
            heads = AuditHeads(tmp_path / "heads", record=lambda event, fields: events.append((event, fields)))
        heads.keep(_answer(entries, head))
    assert [event for event, _ in events] == [WENT_BACK] * went_back
    lines = (tmp_path / "heads" / "a.jsonl").read_text().splitlines()
    assert [(entry["entries"], entry["head"]) for entry in map(json.loads, lines)] == ends


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n")
    with pytest.raises(FederationError, match=r"a\.jsonl cannot be read"):
        AuditHeads(tmp_path, record=lambda *_: None).keep(_answer(1))
