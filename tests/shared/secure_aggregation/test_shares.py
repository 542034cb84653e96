import itertools
import os

import pytest

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.shares import combined_secret, opened, sealed, split_secret


@pytest.mark.parametrize(("threshold", "count"), [(3, 3), (3, 4), (4, 5)])
def test_any_so_many_shares_give_the_secret_and_fewer_do_not(threshold: int, count: int) -> None:
    secret = os.urandom(32)
    shares = dict(enumerate(split_secret(secret, threshold=threshold, count=count), start=1))
    for places in itertools.combinations(shares, threshold):
        assert combined_secret({place: shares[place] for place in places}) == secret
    for places in itertools.combinations(shares, threshold - 1):
        assert combined_secret({place: shares[place] for place in places}) != secret
    assert combined_secret(shares) == secret


def test_a_share_of_another_length_is_refused() -> None:
    with pytest.raises(WireError, match="a share has 32 bytes"):
        combined_secret({1: bytes(31), 2: bytes(32)})


def test_a_box_opens_with_its_key_and_label_alone() -> None:
    key = os.urandom(32)
    box = sealed(key, b"shares", label=b"round 1")
    assert opened(key, box, label=b"round 1") == b"shares"
    altered = bytes([*box[:-1], box[-1] ^ 1])
    for args in (
        (os.urandom(32), box, b"round 1"),
        (key, box, b"round 2"),
        (key, altered, b"round 1"),
        (key, b"", b""),
    ):
        with pytest.raises(WireError, match="box of shares"):
            opened(args[0], args[1], label=args[2])
