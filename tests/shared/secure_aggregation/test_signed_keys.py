import os
from collections.abc import Callable

import pytest

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.key_agreement import new_private_key
from glsmed.shared.secure_aggregation.signed_keys import SignedKeys, SiteSecrets
from tests.masked_sites import identity, roster_of, study_of, subject_of


@pytest.fixture
def keys() -> SignedKeys:
    secrets = SiteSecrets(mask_key=new_private_key(), box_key=new_private_key(), own_seed=os.urandom(32))
    subject = subject_of(study_of(), roster_of())
    return secrets.signed("ash", subject, weight_bits=9, identity=identity("ash"))


def test_keys_signed_by_their_site_are_taken(keys: SignedKeys) -> None:
    again = SignedKeys.model_validate_json(keys.model_dump_json())
    again.require_signature(roster_of().sites["ash"])


def test_the_key_of_another_site_did_not_sign_them(keys: SignedKeys) -> None:
    with pytest.raises(WireError, match="not signed with its key on the roster"):
        keys.require_signature(roster_of().sites["birch"])


CHANGES: dict[str, Callable[[SignedKeys], object]] = {
    "site": lambda _: "birch",
    "weight_bits": lambda keys: keys.weight_bits + 1,
    "mask_key": lambda keys: keys.box_key,
    "box_key": lambda keys: keys.mask_key,
    "own_mask": lambda keys: keys.mask_key,
    "adds_to": lambda _: (0,),
    "min_patients": lambda _: 5,
    "subject": lambda keys: keys.subject.model_copy(update={"about": "test"}),
    "signature": lambda keys: keys.signature[:-8] + "AAAAAAA=",
}


@pytest.mark.parametrize("field", CHANGES)
def test_no_field_can_be_changed_afterwards(keys: SignedKeys, field: str) -> None:
    altered = keys.model_copy(update={field: CHANGES[field](keys)})
    with pytest.raises(WireError, match="not signed"):
        altered.require_signature(roster_of().sites["ash"])
    assert set(CHANGES) == set(SignedKeys.model_fields)
