import hashlib

import pytest

from glsmed.client.node.bundle_check import BundleCheck
from glsmed.shared.errors import BundleRefusedError
from glsmed.shared.protocol.bundle import bundle_bytes


def test_own_release_is_accepted() -> None:
    BundleCheck()(bundle_bytes())


def test_any_other_byte_is_refused_with_its_hash_and_the_remedy() -> None:
    altered = bundle_bytes() + b"\0"
    with pytest.raises(BundleRefusedError, match=hashlib.sha256(altered).hexdigest()) as refusal:
        BundleCheck()(altered)
    assert "accept_bundles" in str(refusal.value)


def test_a_listed_bundle_is_accepted() -> None:
    reviewed = b"a bundle that the site has reviewed"
    BundleCheck([hashlib.sha256(reviewed).hexdigest()])(reviewed)
