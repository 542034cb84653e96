"""An append-only log that shows whether a line was changed, removed, moved or inserted.

Each line is a JSON object with its number, the time, an event, its fields, the hash of the line before, and its own
hash (SHA-256 over the canonical JSON of everything else). A last line that a crash cut short is moved to a file beside.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from glsmed.shared.errors import PrivacyError
from glsmed.shared.files.atomic import PRIVATE_FILE

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What :func:`verify` found; ``first_broken`` is a 1-based line, None when the chain is whole."""

    entries: int
    head: str
    first_broken: int | None = None
    reason: str = ""


class AuditLog:
    """Appends entries to one file.

    Raises:
        PrivacyError: the file exists and its chain is broken; nothing is appended to a broken log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._mend()
        report = verify(path)
        if report.first_broken is not None:
            raise PrivacyError(
                f"{path}:{report.first_broken}: {report.reason}; keep a copy, find out why, and move the file away: "
                "nothing is sent while the log of what was sent is broken"
            )
        self._number, self._head = report.entries, report.head

    def append(self, event: str, fields: Mapping[str, object]) -> str:
        """Write one entry and flush it to disk; returns its hash.

        Raises:
            OSError: the disk is full or the file cannot be written. The file is unchanged, and nothing may be sent.
        """
        entry = {
            "number": self._number + 1,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "fields": dict(fields),
            "previous": self._head,
        }
        digest = _digest(entry)
        line = json.dumps({**entry, "hash": digest}, ensure_ascii=False, sort_keys=True) + "\n"
        self._write(line)
        self._number, self._head = self._number + 1, digest
        return digest

    def _write(self, line: str) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE)
        with os.fdopen(descriptor, "ab", buffering=0) as output:
            content, end = line.encode(), output.seek(0, os.SEEK_END)
            try:
                while content:
                    content = content[output.write(content) :]
                os.fsync(output.fileno())
            except OSError:
                output.truncate(end)  # half an entry would break the chain
                raise

    def _mend(self) -> None:
        """Move a last line that a crash cut short to ``<name>.torn``, so that the chain can continue."""
        if not self._path.is_file():
            return
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole == len(content):
            return
        with self._path.with_suffix(".torn").open("ab") as aside:
            aside.write(content[whole:] + b"\n")
        with self._path.open("r+b") as log:
            log.truncate(whole)


def recorded(path: Path, event: str) -> Iterator[Mapping[str, object]]:
    """The fields of each entry of an event, in order; the log must be whole, see :func:`verify`."""
    for _, line in _lines(path):
        entry = json.loads(line)
        if entry["event"] == event:
            yield entry["fields"]


def verify(path: Path) -> AuditReport:
    """Check every line against the one before; a missing file counts as an empty, whole log.

    The file alone does not show whether lines were cut off its end: compare ``head`` with one noted earlier.
    """
    head, count = GENESIS, 0
    for number, line in _lines(path):
        reason, digest = _check_line(line, number=number, previous=head)
        if reason:
            return AuditReport(count, head, first_broken=number, reason=reason)
        head, count = digest, number
    return AuditReport(count, head)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as source:
            yield from enumerate(source, start=1)


def _check_line(line: str, *, number: int, previous: str) -> tuple[str, str]:
    try:
        entry = json.loads(line)
        digest = str(entry.pop("hash"))
        found_number, found_previous = entry["number"], entry["previous"]
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError):
        return "the line is not a complete entry", ""
    if digest != _digest(entry):
        return "the entry was changed", ""
    if found_number != number or found_previous != previous:
        return "an entry before this one was removed, added or moved", ""
    return "", digest


def _digest(entry: Mapping[str, object]) -> str:
    canonical = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
