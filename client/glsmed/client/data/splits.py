"""Which split a patient belongs to: decided by a hash of the identifier, never by image or order."""

import hashlib

from glsmed.client.data.examples import SplitName
from glsmed.client.settings.config import SplitSection

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")

_HASH_RANGE = float(2**64)


def split_of(patient_id: str, split: SplitSection) -> SplitName:
    """The split of all images of a patient; the same on every machine and for every manifest.

    Args:
        patient_id: as :func:`glsmed.client.data.patient_keys.patient_key` writes it: all spellings are together.
        split: shares and seed.
    """
    digest = hashlib.sha256(f"{split.seed}\0{patient_id}".encode()).digest()
    position = int.from_bytes(digest[:8], "big") / _HASH_RANGE
    if position < split.train:
        return "train"
    return "validation" if position < split.train + split.validation else "test"
