"""The record ``signed`` of a message: a header about all other records, and the sender's signature over the header.

The header is canonical JSON, so that one header has one text. Model buffers are not hashed a second time: the header
covers the words that name their digest, and whoever reads the buffers compares them with it.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, get_type_hints

from flwr.app import ArrayRecord, ConfigRecord, RecordDict

from glsmed.shared.wire.packed_model import packed_digest

SIGNED = "signed"
_HEAD = "head"
# the digest of a record's buffers that the head names, and that the receiver compares with the buffers itself
_NAMED_IN_HEAD: Mapping[str, tuple[str, ...]] = {"model": ("update_digest", "model_digest")}
_LONGEST_HEADER = 4096


class SignedRecord(NamedTuple):
    """What the record holds; ``certificate`` is the centre's in DER, empty in a site's answer."""

    header: bytes
    signature: bytes
    certificate: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHeader:
    """What the centre signs of a task: what it is about, for whom, and the digest of everything in it.

    Attributes:
        study: digest of the study.
        run: number of the run at the centre.
        round: the round, as Flower's group names it.
        site: for whom it is.
        kind: Flower's type of message, for instance ``train``.
        serial: rises from task to task of a centre, through all its runs.
        content: :func:`content_digest` of the other records.
    """

    study: str
    run: str
    round: str
    site: str
    kind: str
    serial: int
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHeader:
    """What a site signs of an answer; beside what a task's header has, the task, and the end of its audit log.

    Attributes:
        task: SHA-256 of the header of the task that it answers.
        audit_entries: lines of the site's audit log once the answer was entered.
        audit_head: the hash of the last of them.
    """

    study: str
    run: str
    round: str
    site: str
    kind: str
    serial: int
    task: str
    content: str
    audit_entries: int
    audit_head: str


HeaderT = TypeVar("HeaderT", TaskHeader, AnswerHeader)


def header_bytes(header: TaskHeader | AnswerHeader) -> bytes:
    """The one text of a header."""
    return json.dumps(dataclasses.asdict(header), sort_keys=True, separators=(",", ":")).encode("ascii")


def parse_header(content: bytes, kind: type[HeaderT]) -> HeaderT:
    """The header of this kind.

    Raises:
        ValueError: it is another, or not in its one text.
    """
    if len(content) > _LONGEST_HEADER:
        raise ValueError(f"expected a header of at most {_LONGEST_HEADER} bytes, got {len(content)}")
    fields, types = json.loads(content), get_type_hints(kind)
    if not isinstance(fields, dict) or {name: type(value) for name, value in fields.items()} != types:
        raise ValueError(f"expected the fields {', '.join(types)}")
    header = kind(**fields)
    if header_bytes(header) != content:
        raise ValueError("the header is not in its canonical form")
    return header


def header_digest(content: bytes) -> str:
    """SHA-256 of a header's text, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def content_digest(content: RecordDict) -> str:
    """SHA-256 over every record but the signature: names, kinds, all words and numbers, and the digests of arrays."""
    described = {name: _described(content, name) for name in content if name != SIGNED}
    text = json.dumps(described, sort_keys=True, separators=(",", ":"), default=_of_bytes)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _described(content: RecordDict, name: str) -> list[object]:
    record = content[name]
    if not isinstance(record, ArrayRecord):
        return [type(record).__name__, dict(record)]
    layout = {one: [array.dtype, list(array.shape), array.stype] for one, array in record.items()}
    return ["ArrayRecord", layout, _named_digest(content, name) or packed_digest(record)]


def _named_digest(content: RecordDict, name: str) -> str:
    head = content.get(_HEAD)
    named = [head.get(key) for key in _NAMED_IN_HEAD.get(name, ())] if isinstance(head, ConfigRecord) else []
    return next((str(digest) for digest in named if digest), "")


def _of_bytes(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    raise TypeError(f"{type(value).__name__} cannot be signed")


def attach(content: RecordDict, signed: SignedRecord) -> RecordDict:
    """The records with a signature; ``content``, which several messages may share, stays as it is."""
    together = RecordDict()
    for name, record in content.items():
        together[name] = record
    together[SIGNED] = ConfigRecord(dict(signed._asdict()))
    return together


def detach(content: RecordDict) -> tuple[RecordDict, SignedRecord]:
    """The records without the signature, and the signature.

    Raises:
        ValueError: there is none, or not of this form.
    """
    record = content.get(SIGNED)
    if not isinstance(record, ConfigRecord) or set(record) != set(SignedRecord._fields):
        raise ValueError("no signature")
    values = [record[name] for name in SignedRecord._fields]
    if not all(isinstance(value, bytes) for value in values):
        raise ValueError("the signature is not in bytes")
    rest = RecordDict()
    for name, other in content.items():
        if name != SIGNED:
            rest[name] = other
    return rest, SignedRecord(*(value for value in values if isinstance(value, bytes)))
