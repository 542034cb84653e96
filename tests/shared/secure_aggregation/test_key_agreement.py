import pytest

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.key_agreement import derived_key, new_private_key, public_key_of, shared_key


def test_two_sites_have_the_same_key_and_a_third_has_another() -> None:
    one, other, third = new_private_key(), new_private_key(), new_private_key()
    first = shared_key(one, public_key_of(other), purpose="mask", context=b"round 1")
    assert first == shared_key(other, public_key_of(one), purpose="mask", context=b"round 1")
    assert first != shared_key(third, public_key_of(one), purpose="mask", context=b"round 1")


@pytest.mark.parametrize(("purpose", "context"), [("box", b"round 1"), ("mask", b"round 2")])
def test_another_purpose_or_round_has_another_key(purpose: str, context: bytes) -> None:
    secret = bytes(32)
    assert derived_key(secret, purpose="mask", context=b"round 1") != derived_key(
        secret, purpose=purpose, context=context
    )


def test_a_key_of_low_order_is_refused() -> None:
    """It would give the same secret with everybody, which the centre knows: RFC 7748, section 7."""
    with pytest.raises(WireError, match="no key of X25519"):
        shared_key(new_private_key(), bytes(32), purpose="mask", context=b"")
