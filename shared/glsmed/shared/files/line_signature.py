"""Signatures of the lines of a log, by an elliptic-curve key in OpenSSH's form."""

import base64
import functools

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

_PURPOSE = b"glsmed audit\0"
_SIGNATURE = ec.ECDSA(hashes.SHA384())


def public_line(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half as one OpenSSH line."""
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")


def sign_line(key: ec.EllipticCurvePrivateKey, digest: str) -> str:
    """The signature of a line's hash, base64."""
    return base64.b64encode(key.sign(_PURPOSE + digest.encode("ascii"), _SIGNATURE)).decode("ascii")


def is_signed_by(line: str, digest: object, signature: object) -> bool:
    """Whether the holder of the key with this OpenSSH line has signed the hash."""
    key = _public_key(line)
    if key is None or not isinstance(signature, str) or not isinstance(digest, str):
        return False
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, _PURPOSE + digest.encode("ascii"), _SIGNATURE)
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(raw).decode("ascii") == signature  # base64 has several texts for some bytes


@functools.lru_cache(maxsize=4)
def _public_key(line: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = load_ssh_public_key(line.encode("utf-8", "replace"))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None
