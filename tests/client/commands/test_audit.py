from collections.abc import Callable
from pathlib import Path
from typing import Any

from glsmed.shared.files.audit import AuditLog

Typed = Callable[..., Any]


def test_a_whole_record_is_told_with_its_head(typed: Typed, write_config: Callable[..., Path], tmp_path: Path) -> None:
    config = write_config()
    head = AuditLog(tmp_path / "state" / "audit" / "audit.jsonl").append("sent", {"message": "HelloReply"})
    done = typed("--site", config, "audit", "verify")
    assert done.code == 0
    assert "1 entries, unbroken" in done.out
    assert f"head {head}" in done.out


def test_a_changed_record_ends_with_1_and_its_line(
    typed: Typed, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    config, log = write_config(), tmp_path / "state" / "audit" / "audit.jsonl"
    AuditLog(log).append("sent", {"message": "HelloReply"})
    log.write_text(log.read_text().replace("HelloReply", "Update"))
    done = typed("--site", config, "audit", "verify")
    assert done.code == 1
    assert done.err == f"error: {log}:1: the entry was changed\n"


def test_the_log_is_compared_with_what_the_centre_noted(
    typed: Typed, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    config, heads = write_config(), tmp_path / "st-mary.jsonl"
    log = AuditLog(tmp_path / "state" / "audit" / "audit.jsonl")
    for number in range(3):
        log.append("sent", {"message": "Update", "number": number})
    heads.write_text(f'{{"entries": {log.end.entries}, "head": "{log.end.head}"}}\n')
    done = typed("--site", config, "audit", "compare", heads)
    assert done.code == 0
    assert "3 entries, as the centre noted them 1 times" in done.out
    heads.write_text(f'{{"entries": 4, "head": "{log.end.head}"}}\n')
    done = typed("--site", config, "audit", "compare", heads)
    assert done.code == 1
    assert "entry 4 is missing: the other end noted it as" in done.err
