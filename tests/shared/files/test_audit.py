import hashlib
import json
import resource
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.errors import DataError, PrivacyError
from glsmed.shared.files.audit import GENESIS, Anchor, AuditLog, compare, read_anchors, recorded, verify
from glsmed.shared.files.line_signature import public_line
from tests.signed_sites import new_site_key


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of three entries."""
    path = tmp_path / "state" / "audit" / "audit.jsonl"
    audit = AuditLog(path)
    for number in range(3):
        audit.append("sent", {"number": number, "word": "胸水"})
    return path


def test_a_log_that_is_not_there_is_empty_and_whole(tmp_path: Path) -> None:
    report = verify(tmp_path / "none.jsonl")
    assert (report.entries, report.head, report.first_broken) == (0, GENESIS, None)


def test_each_entry_holds_the_hash_of_the_one_before(log: Path) -> None:
    previous = GENESIS
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        digest = entry.pop("hash")
        assert entry["previous"] == previous
        canonical = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert digest == hashlib.sha256(canonical.encode()).hexdigest()
        previous = digest
    assert verify(log).head == previous


def test_a_restart_goes_on_with_the_chain(log: Path) -> None:
    AuditLog(log).append("sent", {})
    report = verify(log)
    assert (report.entries, report.first_broken) == (4, None)


def changed(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace('"number": 1', '"number": 7'), lines[2]]


def removed(lines: list[str]) -> list[str]:
    return [lines[0], lines[2]]


def swapped(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1]]


def doubled(lines: list[str]) -> list[str]:
    return [lines[0], lines[0], *lines[1:]]


def rehashed(lines: list[str]) -> list[str]:
    """The second entry changed by someone who can hash."""
    entry = json.loads(lines[1])
    entry.pop("hash")
    entry["event"] = "nothing"
    canonical = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return [lines[0], json.dumps({**entry, "hash": digest}, ensure_ascii=False, sort_keys=True), lines[2]]


@pytest.mark.parametrize(
    ("tamper", "line", "reason"),
    [
        (changed, 2, "the entry was changed"),
        (removed, 2, "an entry before this one was removed, added or moved"),
        (swapped, 2, "an entry before this one was removed, added or moved"),
        (doubled, 2, "an entry before this one was removed, added or moved"),
        (rehashed, 3, "an entry before this one was removed, added or moved"),
        (lambda lines: ["", *lines], 1, "the line is not a complete entry"),
        (lambda lines: ["[1]", *lines], 1, "the line is not a complete entry"),
        (lambda lines: ["{}", *lines], 1, "the line is not a complete entry"),
    ],
)
def test_tampering_shows_at_its_line(
    log: Path, tamper: Callable[[list[str]], list[str]], line: int, reason: str
) -> None:
    log.write_text("\n".join(tamper(log.read_text(encoding="utf-8").splitlines())) + "\n", encoding="utf-8")
    report = verify(log)
    assert (report.first_broken, report.reason) == (line, reason)


def test_a_cut_off_end_shows_against_a_head_noted_before(log: Path) -> None:
    head = verify(log).head
    log.write_text("\n".join(log.read_text(encoding="utf-8").splitlines()[:2]) + "\n", encoding="utf-8")
    assert verify(log).first_broken is None
    assert verify(log).head != head


def test_a_broken_log_is_not_written_on(log: Path) -> None:
    log.write_text("\n".join(removed(log.read_text(encoding="utf-8").splitlines())) + "\n", encoding="utf-8")
    with pytest.raises(PrivacyError, match=r"audit\.jsonl:2: an entry before this one was removed"):
        AuditLog(log)


def test_a_line_that_a_crash_tore_off_is_kept_aside(log: Path) -> None:
    with log.open("ab") as file:
        file.write(b'{"number": 4, "ev')
    AuditLog(log).append("sent", {})
    assert verify(log).entries == 4
    assert log.with_suffix(".torn").read_bytes() == b'{"number": 4, "ev\n'


def test_a_full_disk_leaves_the_log_whole(log: Path) -> None:
    audit, size = AuditLog(log), log.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, hard))  # a write that comes to an end part way
    try:
        with pytest.raises(OSError, match="File too large"):
            audit.append("sent", {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.stat().st_size == size
    audit.append("sent", {})
    assert verify(log).entries == 4


def test_only_its_owner_can_read_the_log(log: Path) -> None:
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_the_fields_of_an_event_come_back_in_order(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    for event, number in (("left", 1), ("joined", 2), ("left", 3)):
        log.append(event, {"number": number})
    assert list(recorded(tmp_path / "audit.jsonl", "left")) == [{"number": 1}, {"number": 3}]
    assert list(recorded(tmp_path / "missing.jsonl", "left")) == []


def test_a_log_of_an_earlier_release_is_followed_by_a_signed_one(log: Path) -> None:
    _, key = new_site_key()
    before, anchor = log.read_bytes(), Anchor(3, verify(log).head)
    signed = AuditLog(log, key)
    signed.append("sent", {})
    report = verify(log, public_line(key))
    assert (report.entries, report.first_broken) == (5, None)
    [earlier] = log.parent.glob("audit-*.jsonl")
    assert earlier.read_bytes() == before
    assert compare(log, [anchor, signed.end]) == []
    earlier.write_bytes(before.replace(b"sent", b"kept", 1))
    assert verify(log).reason == "the log that it follows is missing or was changed"


def test_a_new_key_begins_a_log_whose_numbers_go_on(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    ends = []
    for _ in range(3):
        audit = AuditLog(path, new_site_key()[1])
        audit.append("sent", {})
        ends.append(audit.end)
    assert [end.entries for end in ends] == [2, 4, 6]
    assert compare(path, ends) == []


def test_a_signed_log_is_not_written_on_without_its_key(tmp_path: Path) -> None:
    AuditLog(tmp_path / "audit.jsonl", new_site_key()[1])
    with pytest.raises(PrivacyError, match="only who has the site's key"):
        AuditLog(tmp_path / "audit.jsonl")


@pytest.mark.parametrize("content", ["[]", '{"entries": 1}', '{"entries": "many", "head": "h"}', "no json"])
def test_what_is_no_list_of_ends_is_told_by_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "heads.jsonl").write_text('{"entries": 1, "head": "h"}\n' + content + "\n")
    with pytest.raises(DataError, match=r"heads\.jsonl:2: expected"):
        read_anchors(tmp_path / "heads.jsonl")
