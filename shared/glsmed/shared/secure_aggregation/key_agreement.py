"""Secrets that two sites share and the centre does not: X25519, and HKDF for a key of its own for each purpose."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from glsmed.shared.errors import WireError

KEY_BYTES = 32
_DOMAIN = b"glsmed secure aggregation 1\0"


def new_private_key() -> bytes:
    """A new private key, for one round."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private: bytes) -> bytes:
    """The public half of a private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def shared_key(private: bytes, public: bytes, *, purpose: str, context: bytes) -> bytes:
    """The key of 32 bytes that the holders of two private keys share for one purpose.

    Args:
        private: of one site.
        public: of the other.
        purpose: what the key is for; another purpose has another key.
        context: what all sites of the round agree on; another round has another key.

    Raises:
        WireError: the public key is none that gives a secret.
    """
    try:
        secret = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise WireError("a site's key is no key of X25519 that gives a secret") from None
    return derived_key(secret, purpose=purpose, context=context)


def derived_key(secret: bytes, *, purpose: str, context: bytes) -> bytes:
    """The key of 32 bytes for one purpose that follows from a secret."""
    info = _DOMAIN + purpose.encode() + b"\0" + context
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)
