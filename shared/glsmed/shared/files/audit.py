"""An append-only log that shows whether a line was changed, removed, moved or inserted.

Each line is a JSON object with its number, the time, an event, its fields, the hash of the line before, and its own
hash (SHA-256 over the canonical JSON of everything else). A line has one text: another spacing, order or a key given
twice is a change. A last line that a crash cut short is moved to a file beside.

A log that is given a key is signed: its first line names the key, and each line carries a signature of its hash. So
whoever has not the key cannot compute the chain anew. Whoever has it still cannot take back what another noted of the
log's end: see :func:`compare`.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from glsmed.shared.errors import DataError, PrivacyError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.files.earlier_logs import copy_aside, earlier_file, is_as_it_was
from glsmed.shared.files.line_signature import is_signed_by, public_line, sign_line

GENESIS = "0" * 64
BEGAN = "log_began"  # the first line of a signed log


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What :func:`verify` found.

    Attributes:
        entries: the number of the last whole line.
        head: its hash.
        first_broken: a 1-based line, None when the chain is whole.
        reason: what is wrong with it.
        key: by which the lines are signed, an OpenSSH line; empty where they are not.
    """

    entries: int
    head: str
    first_broken: int | None = None
    reason: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What another noted of a log's end: how many entries there were, and the hash of the last."""

    entries: int
    head: str


class AuditLog:
    """Appends entries to one file.

    Args:
        path: of the file.
        key: signs each line; None for a log that nobody signs. What another key or none has signed is moved aside,
            and the new log's first line says under which name, with its digest.

    Raises:
        PrivacyError: the file exists and its chain is broken, or it is signed and no key is given; nothing is appended.
    """

    def __init__(self, path: Path, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._path = path
        self._key = key
        path.parent.mkdir(parents=True, exist_ok=True)
        self._mend()
        report = verify(path)
        if report.first_broken is not None:
            raise PrivacyError(
                f"{path}:{report.first_broken}: {report.reason}; keep a copy, find out why, and move the file away: "
                "nothing is sent while the log of what was sent is broken"
            )
        if report.key and key is None:
            raise PrivacyError(f"{path} is signed: only who has the site's key can write it")
        self._number, self._head = report.entries, report.head
        if key is not None and report.key != public_line(key):
            self._begin(public_line(key))

    @property
    def end(self) -> Anchor:
        """How many entries there are, and the hash of the last."""
        return Anchor(self._number, self._head)

    def append(self, event: str, fields: Mapping[str, object]) -> str:
        """Write one entry and flush it to disk; returns its hash.

        Raises:
            OSError: the disk is full or the file cannot be written. The file is unchanged, and nothing may be sent.
        """
        digest, line = self._line(event, fields)
        self._write(line)
        self._number, self._head = self._number + 1, digest
        return digest

    def _line(self, event: str, fields: Mapping[str, object]) -> tuple[str, str]:
        """The hash and the text of the next entry."""
        entry = {
            "number": self._number + 1,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "fields": dict(fields),
            "previous": self._head,
        }
        digest = _digest(entry)
        signature = {} if self._key is None else {"signature": sign_line(self._key, digest)}
        return digest, _text({**entry, "hash": digest, **signature})

    def _begin(self, key: str) -> None:
        """Start a log of this key; numbers go on, so that what others noted of the log can still be compared."""
        earlier = copy_aside(self._path) if self._number else {}
        self._head, line = self._line(BEGAN, {"key": key, **({"follows": earlier} if earlier else {})})
        write_text(self._path, line, mode=PRIVATE_FILE)  # in place of the earlier log, in one step
        self._number += 1

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


def recorded(path: Path, event: str) -> Iterator[Mapping[str, Any]]:
    """The fields of each entry of an event, in order; the log must be whole, see :func:`verify`."""
    for _, line in _lines(path):
        entry = json.loads(line)
        if entry["event"] == event:
            yield entry["fields"]


def verify(path: Path, key: str | None = None) -> AuditReport:
    """Check every line against the one before; a missing file counts as an empty, whole log.

    The file alone does not show whether lines were cut off its end: see :func:`compare`.

    Args:
        path: of the log.
        key: the OpenSSH line of the key that has signed it; None takes the log's own word.
    """
    chain = _Chain(path, key)
    for number, line in _lines(path):
        reason = chain.take(line)
        if reason:
            return AuditReport(chain.number, chain.head, first_broken=number, reason=reason, key=chain.key)
    return AuditReport(chain.number, chain.head, key=chain.key)


def compare(path: Path, anchors: Iterable[Anchor]) -> list[str]:
    """What differs between a log and what another noted of its end, one line each; the log's chain must be whole.

    Entries are looked for in the log and in those that it follows.
    """
    hashes = {number: digest for one in _with_earlier(path) for number, digest in _hashes(one)}
    found = []
    for anchor in anchors:
        own = hashes.get(anchor.entries)
        if own is None:
            found.append(f"entry {anchor.entries} is missing: the other end noted it as {anchor.head[:16]}…")
        elif own != anchor.head:
            found.append(f"entry {anchor.entries} was changed: {own[:16]}…, the other end noted {anchor.head[:16]}…")
    return found


def read_anchors(path: Path) -> list[Anchor]:
    """What another noted of a log's end, one JSON object with ``entries`` and ``head`` in each line.

    Raises:
        DataError: the file is missing, or a line is not of this form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    anchors = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            anchors.append(Anchor(int(entry["entries"]), str(entry["head"])))
        except (ValueError, KeyError, TypeError):
            raise DataError(f"{path}:{number}: expected an object with entries and head, got {line[:60]!r}") from None
    return anchors


def _hashes(path: Path) -> Iterator[tuple[int, str]]:
    for _, line in _lines(path):
        entry = json.loads(line)
        yield entry["number"], entry["hash"]


def _with_earlier(path: Path) -> Iterator[Path]:
    """The log, and those before it that are still there; a name is only looked for beside the log."""
    seen: set[str] = set()
    while path.is_file() and path.name not in seen:
        seen.add(path.name)
        yield path
        path = earlier_file(path, next(recorded(path, BEGAN), {}).get("follows")) or path


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if path.is_file():
        with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as source:
            yield from enumerate(source, start=1)


class _Chain:
    """The lines of a log so far; ``key`` is that of their signatures."""

    def __init__(self, path: Path, key: str | None) -> None:
        self._path = path
        self._wanted = key
        self._is_first = True
        self.key = ""
        self.number, self.head = 0, GENESIS

    def take(self, line: str) -> str:
        """What is wrong with the next line; empty if nothing is."""
        try:
            entry = json.loads(line)
            text, signature, digest = _text(entry), entry.pop("signature", ""), entry.pop("hash")
            number, previous, event, fields = (entry[name] for name in ("number", "previous", "event", "fields"))
            is_whole = isinstance(fields, dict) and text == line and digest == _digest(entry)
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            return "the line is not a complete entry"
        if not is_whole:
            return "the entry was changed"
        reason = self._begin(fields, number, previous) if self._is_first and event == BEGAN else ""
        self._is_first = False
        return reason or self._placed(number, previous) or self._signed(digest, signature)

    def _placed(self, number: object, previous: object) -> str:
        if number != self.number + 1 or previous != self.head:
            return "an entry before this one was removed, added or moved"
        return ""

    def _signed(self, digest: str, signature: object) -> str:
        if self._wanted is not None and self.key != self._wanted:
            return "it is not signed by this site's key"
        if self.key and not is_signed_by(self.key, digest, signature):
            return "the signature is not that of the site's key"
        self.number, self.head = self.number + 1, digest
        return ""

    def _begin(self, fields: Mapping[str, Any], number: object, previous: object) -> str:
        """Take the first line's word for the key and for where the log before has ended; returns what is wrong."""
        self.key = str(fields.get("key", ""))
        if "follows" not in fields:
            return ""
        if isinstance(number, int) and isinstance(previous, str):
            self.number, self.head = number - 1, previous
        if is_as_it_was(self._path, fields["follows"]):
            return ""
        return "the log that it follows is missing or was changed"


def _text(entry: Mapping[str, object]) -> str:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n"


def _digest(entry: Mapping[str, object]) -> str:
    canonical = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
