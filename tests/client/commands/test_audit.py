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
