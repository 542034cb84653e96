import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.shared.secure_aggregation.masks import Mask, apply_masks

SEED = bytes(range(32))


def test_a_mask_is_the_key_stream_of_aes_256_in_counter_mode() -> None:
    """NIST SP 800-38A, F.5.5, with its key and the counter at 0: of AES-256 the first block is AES(key, 0)."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    single = Cipher(AES(SEED), ECB()).encryptor()  # noqa: S305  # the block cipher itself, as the standard has it
    blocks = b"".join(single.update(counter.to_bytes(16, "big")) for counter in range(3))
    vector = np.zeros(12, np.uint32)
    apply_masks(vector, [Mask(SEED, is_added=True)])
    np.testing.assert_array_equal(vector, np.frombuffer(blocks, "<u4"))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3_000), st.lists(st.binary(min_size=32, max_size=32), max_size=4))
def test_masks_that_are_taken_away_leave_nothing(size: int, seeds: list[bytes]) -> None:
    vector = np.arange(size, dtype=np.uint32)
    apply_masks(vector, [Mask(seed, is_added=number % 2 == 0) for number, seed in enumerate(seeds)])
    apply_masks(vector, [Mask(seed, is_added=number % 2 == 1) for number, seed in enumerate(seeds)])
    np.testing.assert_array_equal(vector, np.arange(size, dtype=np.uint32))


def test_blocks_make_no_difference() -> None:
    """One MiB is masked at a time; the stream goes on in the next."""
    size = 2**18 + 3
    whole = np.zeros(size, np.uint32)
    apply_masks(whole, [Mask(SEED, is_added=True)])
    shorter = np.zeros(2**18, np.uint32)
    apply_masks(shorter, [Mask(SEED, is_added=True)])
    np.testing.assert_array_equal(whole[: 2**18], shorter)
    assert len(np.unique(whole)) > 0.99 * size


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes, got 16"):
        apply_masks(np.zeros(1, np.uint32), [Mask(AESGCM.generate_key(128), is_added=True)])
