"""A hospital's request to join: its public key, signed by the private key that never leaves it."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)
from pydantic import Field

from glsmed.shared.errors import DataError
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.bundle import RELEASE

SITE_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
RELEASE_NAME = r"^[0-9A-Za-z][0-9A-Za-z.+!_-]{0,39}$"
UTC_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{4,20}(Z|[+-][0-9]{2}:[0-9]{2})$"
_SIGNATURE = ec.ECDSA(hashes.SHA384())


class EnrolmentRequest(StrictModel):
    """The file that a hospital sends to the centre; it holds nothing secret and nothing about patients."""

    site: Annotated[str, Field(pattern=SITE_NAME, description="name of the hospital in the study")]
    study: Annotated[str, Field(pattern=SITE_NAME, description="name of the study that the hospital approved")]
    study_digest: Annotated[
        str, Field(pattern=r"^[0-9a-f]{1,64}$", description="sha256 of the study as the hospital approved it")
    ]
    public_key: Annotated[
        str,
        Field(
            pattern=r"^[ -~]{1,400}$",
            description="the site's public key, one OpenSSH line as glsmed-client enroll writes it",
        ),
    ]
    glsmed: Annotated[str, Field(pattern=RELEASE_NAME, description="release of glsmed at the site")]
    flwr: Annotated[str, Field(pattern=RELEASE_NAME, description="release of flwr at the site")]
    created_at: Annotated[str, Field(pattern=UTC_TIME, description="UTC, ISO 8601")]
    signature: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9+/=]{0,400}$", description="ECDSA-SHA384 over all the other fields, base64"),
    ] = ""

    def signed_content(self) -> bytes:
        """What the signature covers: every other field as canonical JSON."""
        fields = self.model_dump(exclude={"signature"})
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()

    def verify(self) -> None:
        """Raise if the request was altered, or not signed with the private half of its own public key.

        A key has one text: a comment, another space or another base64 of the same key could pass for a second one.

        Raises:
            DataError: the key is not an elliptic-curve key, is written in another way than ``enroll`` writes it, or the
                signature does not match.
        """
        key = load_public_key(self.public_key)
        if key_line(self.public_key) != self.public_key:
            raise DataError(
                f"public_key: expected the two words of a key as glsmed-client enroll writes them, got "
                f"{self.public_key[:60]!r}"
            )
        try:
            key.verify(base64.b64decode(self.signature, validate=True), self.signed_content(), _SIGNATURE)
        except (InvalidSignature, ValueError):
            raise DataError(
                f"the request of {self.site!r} was altered or not signed by its own key: ask the site for a new one"
            ) from None


def generate_private_key() -> bytes:
    """A new P-384 private key in OpenSSH format, as Flower's node authentication reads it."""
    key = ec.generate_private_key(ec.SECP384R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def make_request(private_key: bytes, *, site: str, study: str, study_digest: str) -> EnrolmentRequest:
    """The signed request of ``site`` to join ``study``.

    Raises:
        DataError: ``private_key`` is not an unencrypted OpenSSH elliptic-curve key.
    """
    key = _load_private_key(private_key)
    unsigned = EnrolmentRequest(
        site=site,
        study=study,
        study_digest=study_digest,
        public_key=public_line(key.public_key()),
        glsmed=RELEASE,
        flwr=version("flwr"),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    signature = base64.b64encode(key.sign(unsigned.signed_content(), _SIGNATURE)).decode()
    return unsigned.model_copy(update={"signature": signature})


def key_line(line: str) -> str:
    """The one OpenSSH line of a public key, whatever stood around the key in ``line``.

    Raises:
        DataError: it is not an elliptic-curve key.
    """
    return public_line(load_public_key(line))


def public_line(key: ec.EllipticCurvePublicKey) -> str:
    """The one OpenSSH line of a key."""
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def fingerprint(public_key: str) -> str:
    """``SHA256:…`` of an OpenSSH public key line, as ``ssh-keygen -lf`` prints it, to be compared by telephone.

    It is that of the key as parsed: lines that differ only in a comment have the same.

    Raises:
        DataError: it is not an elliptic-curve key.
    """
    blob = base64.b64decode(key_line(public_key).split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def load_public_key(line: str) -> ec.EllipticCurvePublicKey:
    """The key of an OpenSSH public key line.

    Raises:
        DataError: it is not an elliptic-curve key.
    """
    try:
        key = load_ssh_public_key(line.encode())
    except (ValueError, UnsupportedAlgorithm, NotImplementedError) as error:
        raise DataError(f"not an OpenSSH public key: {error}") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise DataError("the public key is not an elliptic-curve key; make it with glsmed-client enroll")
    return key


def _load_private_key(content: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_ssh_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise DataError(f"the site's private key cannot be read: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise DataError("the site's private key is not an elliptic-curve key; make it with glsmed-client enroll")
    return key
