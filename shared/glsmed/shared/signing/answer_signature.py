"""A site's signature of an answer, by the key with which it joined, and what the centre checks of it."""

from dataclasses import dataclass, fields

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import RecordDict

from glsmed.shared.errors import AnswerRefusedError
from glsmed.shared.signing.signed_records import (
    AnswerHeader,
    SignedRecord,
    TaskHeader,
    attach,
    content_digest,
    detach,
    header_bytes,
    header_digest,
    parse_header,
)

_PURPOSE = b"glsmed answer\0"
_SIGNATURE = ec.ECDSA(hashes.SHA384())


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The end of an audit log: how many lines it has, and the hash of the last."""

    entries: int
    head: str


def signed_answer(
    content: RecordDict, task: TaskHeader, key: ec.EllipticCurvePrivateKey, *, audit: LogEnd
) -> RecordDict:
    """The records of an answer with the site's signature, bound to the task that they answer."""
    own = {field.name: getattr(task, field.name) for field in fields(task)}
    header = AnswerHeader(
        **{**own, "content": content_digest(content)},
        task=header_digest(header_bytes(task)),
        audit_entries=audit.entries,
        audit_head=audit.head,
    )
    text = header_bytes(header)
    return attach(content, SignedRecord(text, key.sign(_PURPOSE + text, _SIGNATURE)))


def opened_answer(
    content: RecordDict, task: TaskHeader, key: ec.EllipticCurvePublicKey
) -> tuple[RecordDict, AnswerHeader]:
    """The records of an answer without the signature, and what was signed.

    Raises:
        AnswerRefusedError: it is not signed by this key, answers another task, or was altered.
    """
    try:
        rest, signed = detach(content)
        key.verify(signed.signature, _PURPOSE + signed.header, _SIGNATURE)
        header = parse_header(signed.header, AnswerHeader)
    except (InvalidSignature, ValueError) as error:
        raise AnswerRefusedError("signature", str(error) or "it is not the site's") from None
    asked = {field.name: getattr(task, field.name) for field in fields(task) if field.name != "content"}
    if header.task != header_digest(header_bytes(task)) or any(getattr(header, name) != asked[name] for name in asked):
        raise AnswerRefusedError("task", f"it answers task {header.serial} of round {header.round[:20]!r}")
    if header.content != content_digest(rest):
        raise AnswerRefusedError("content", "it was altered after it was signed")
    return rest, header
