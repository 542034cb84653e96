"""A site's keys for one round, signed with the key that its hospital showed the others.

The signature covers what the sum is about: study, round, model and roster. So the centre cannot give its own keys for a
site's, use those of another round, or let sites train different models in one sum.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import Field

from glsmed.shared.errors import WireError
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.enrolment import SITE_NAME, load_public_key
from glsmed.shared.secure_aggregation.fixed_point import MOST_WEIGHT_BITS
from glsmed.shared.secure_aggregation.key_agreement import public_key_of

_DOMAIN = b"glsmed secure aggregation: keys of one round, 1\0"
_SIGNATURE = ec.ECDSA(hashes.SHA384())
_SHA256 = r"^[0-9a-f]{64}$"
Digest = Annotated[str, Field(pattern=_SHA256)]


_MOST_ITEMS = 10_000

About = Literal["update", "validated update", "validation", "test", "cues"]
# Of which data the numbers of a sum are: two sums of the same data over different sites would show the difference.
DATA_OF: Mapping[str, frozenset[str]] = {
    "update": frozenset({"change"}),
    "validated update": frozenset({"change", "validation"}),
    "validation": frozenset({"validation"}),
    "test": frozenset({"test"}),
    "cues": frozenset({"gold"}),
}
COUNTS_ALONE = frozenset({"validation", "test", "cues"})


class Subject(StrictModel):
    """What a sum is about; all sites of a round sign the same.

    Attributes:
        about: what the sites add: their changes of the model, with the counts of its validation or without, or the
            counts of one split alone, or the counts of cues. Sums of different kinds have different masks.
        model_digest: of counts of cues, SHA-256 of their names.
    """

    study_digest: Digest
    round: Annotated[int, Field(ge=1)]
    model_digest: Digest
    roster_digest: Digest
    about: About = "update"


class SignedKeys(StrictModel):
    """The public keys of a site for one round.

    Attributes:
        weight_bits: the site's weight is at most 2 to this power.
        mask_key: for masks shared with each other site; its private half is shared out.
        box_key: for the boxes in which shares travel.
        own_mask: SHA-256 of the seed of the site's own mask, which is shared out too.
        adds_to: places of the findings, or cues, to whose counts the site adds patients; to the others it adds zeros.
        min_patients: fewest patients that a number may be about by the site's policy; 0 where it adds to none.
    """

    site: Annotated[str, Field(pattern=SITE_NAME)]
    subject: Subject
    weight_bits: Annotated[int, Field(ge=0, le=MOST_WEIGHT_BITS)]
    mask_key: Digest
    box_key: Digest
    own_mask: Digest
    adds_to: Annotated[tuple[Annotated[int, Field(ge=0, lt=_MOST_ITEMS)], ...], Field(max_length=_MOST_ITEMS)] = ()
    min_patients: Annotated[int, Field(ge=0)] = 0
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/=]{1,400}$")]

    def signed_content(self) -> bytes:
        """What the signature covers: every other field."""
        return _DOMAIN + self.model_dump_json(exclude={"signature"}).encode()

    def require_signature(self, public_key: str) -> None:
        """Raise unless the holder of this public key, an OpenSSH line, signed the keys.

        Raises:
            WireError: someone else did, or they were altered.
        """
        try:
            signature = base64.b64decode(self.signature, validate=True)
            load_public_key(public_key).verify(signature, self.signed_content(), _SIGNATURE)
        except (InvalidSignature, ValueError):
            raise WireError(f"the keys of {self.site} were not signed with its key on the roster") from None


class Adding(StrictModel):
    """To which counts a site adds; see :class:`SignedKeys`."""

    adds_to: tuple[int, ...] = ()
    min_patients: int = 0


class SiteSecrets(StrictModel):
    """The private halves, which stay in the memory of the site, and the seed of its own mask; 32 bytes each."""

    mask_key: bytes
    box_key: bytes
    own_seed: bytes

    def signed(
        self,
        site: str,
        subject: Subject,
        *,
        weight_bits: int,
        identity: ec.EllipticCurvePrivateKey,
        adding: Adding | None = None,
    ) -> SignedKeys:
        """The public halves, signed with the site's own key."""
        keys = SignedKeys(
            site=site,
            subject=subject,
            weight_bits=weight_bits,
            mask_key=public_key_of(self.mask_key).hex(),
            box_key=public_key_of(self.box_key).hex(),
            own_mask=seed_digest(self.own_seed),
            **({} if adding is None else adding.model_dump()),
            signature="unsigned",
        )
        signature = base64.b64encode(identity.sign(keys.signed_content(), _SIGNATURE)).decode()
        return keys.model_copy(update={"signature": signature})


def seed_digest(seed: bytes) -> str:
    """SHA-256 of a seed, as 64 hexadecimal digits."""
    return hashlib.sha256(seed).hexdigest()
