"""Shares of a secret, of which any ``threshold`` give it and fewer tell nothing; and the boxes in which they travel.

Shamir's secret sharing over GF(2^128) is pycryptodome's, the one that Flower's own ``create_shares`` uses; a box is
AES-256-GCM.
"""

import os
from collections.abc import Mapping, Sequence

from Crypto.Protocol.SecretSharing import Shamir
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from glsmed.shared.errors import WireError

SECRET_BYTES = 32
SHARE_BYTES = 32
_HALF_BYTES = 16
_NONCE_BYTES = 12


def split_secret(secret: bytes, *, threshold: int, count: int) -> Sequence[bytes]:
    """``count`` shares of a secret of 32 bytes; the place of a share in the list, from 1 on, belongs to it."""
    halves = (secret[:_HALF_BYTES], secret[_HALF_BYTES:])
    first, second = (sorted(Shamir.split(threshold, count, half, ssss=False)) for half in halves)
    return [one + other for (_, one), (_, other) in zip(first, second, strict=True)]


def combined_secret(shares: Mapping[int, bytes]) -> bytes:
    """The secret that at least ``threshold`` shares give.

    Args:
        shares: by their places, from 1 on.

    Raises:
        WireError: the shares have not the length of shares.
    """
    if any(len(share) != SHARE_BYTES for share in shares.values()):
        raise WireError(f"a share has {SHARE_BYTES} bytes, and one that came has not")
    halves = (slice(_HALF_BYTES), slice(_HALF_BYTES, SHARE_BYTES))
    return b"".join(
        Shamir.combine([(place, share[half]) for place, share in shares.items()], ssss=False) for half in halves
    )


def sealed(key: bytes, content: bytes, *, label: bytes) -> bytes:
    """The content in a box that only the key opens; the label is not hidden, but must be the same when it is opened."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, label)


def opened(key: bytes, box: bytes, *, label: bytes) -> bytes:
    """The content of a box.

    Raises:
        WireError: it was not sealed with this key and label, or was altered.
    """
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], label)
    except (InvalidTag, ValueError):
        raise WireError("a box of shares was altered, or is not for this site and round") from None
