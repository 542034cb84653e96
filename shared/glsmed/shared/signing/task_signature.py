"""The centre's signature of a task, and what a site checks of it before it looks at anything else."""

from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flwr.app import RecordDict

from glsmed.shared.errors import TaskRefusedError, TaskSubject
from glsmed.shared.signing.centre_certificate import CentreKey, centre_key
from glsmed.shared.signing.signed_records import (
    SignedRecord,
    TaskHeader,
    attach,
    content_digest,
    detach,
    header_bytes,
    header_digest,
    parse_header,
)

_PURPOSE = b"glsmed task\0"


@dataclass(frozen=True, slots=True)
class TaskKey:
    """The centre's signing key, with its certificate in DER."""

    key: Ed25519PrivateKey
    certificate: bytes

    def signed(self, content: RecordDict, header: TaskHeader) -> tuple[RecordDict, TaskHeader]:
        """The records with a signature, and the header that was signed: ``header`` with the digest of the records."""
        header = replace(header, content=content_digest(content))
        text = header_bytes(header)
        return attach(content, SignedRecord(text, self.key.sign(_PURPOSE + text), self.certificate)), header


@dataclass(frozen=True, slots=True)
class SignedTask:
    """A task whose signature is the centre's.

    Attributes:
        header: what was signed.
        digest: SHA-256 of the header, to which the answer is bound.
        content: the records without the signature.
        certified_at: when the centre's certificate was made.
    """

    header: TaskHeader
    digest: str
    content: RecordDict
    certified_at: datetime


class CentreOfStudy:
    """The one centre that a site obeys, known by the authority of its study."""

    def __init__(self, authority: bytes) -> None:
        self._authority = x509.load_pem_x509_certificates(authority)[0]
        self._known: tuple[bytes, CentreKey] | None = None

    def opened(self, content: RecordDict) -> SignedTask:
        """The task, if this centre has signed it and nothing was altered since.

        Raises:
            TaskRefusedError: there is no signature, its key is not the centre's, or it is about other records.
        """
        try:
            rest, signed = detach(content)
        except ValueError as error:
            raise TaskRefusedError("signature", str(error)) from None
        key = self._key(signed.certificate)
        try:
            key.key.verify(signed.signature, _PURPOSE + signed.header)
            header = parse_header(signed.header, TaskHeader)
        except (InvalidSignature, ValueError):
            raise TaskRefusedError("signature", "it is not the centre's, or of something else") from None
        require("content", expected=content_digest(rest), got=header.content)
        return SignedTask(header, header_digest(signed.header), rest, key.made_at)

    def _key(self, certificate: bytes) -> CentreKey:
        if self._known is None or self._known[0] != certificate:
            try:
                self._known = certificate, centre_key(certificate, self._authority)
            except ValueError as error:
                raise TaskRefusedError("certificate", f"of the key that signed: {error}") from None
        return self._known[1]


def require(subject: TaskSubject, *, expected: object, got: object) -> None:
    """Raise unless a task is the one that a site may answer.

    Raises:
        TaskRefusedError: the two are not equal.
    """
    if expected != got:
        raise TaskRefusedError(subject, f"expected {expected!r}, got {str(got)[:80]!r}")
