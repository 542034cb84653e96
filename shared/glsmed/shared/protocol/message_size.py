"""How large what comes in may be: a message holds the study's model, and room for words and numbers."""

import math
from threading import Lock

import numpy as np

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.model_manifest import ModelManifest

MOST_PART_BYTES = 32 * 2**20  # one request or answer; Flower cuts arrays into parts of 5 MiB
_ROOM_BYTES = 32 * 2**20  # for words and numbers
_BYTES_BESIDE_ARRAY = 4096  # its header, its name and the hashes of its parts


def most_message_bytes(manifest: ModelManifest) -> int:
    """The most bytes that a message about this model may have."""
    sizes = (math.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in manifest.arrays)
    return sum(size + _BYTES_BESIDE_ARRAY for size in sizes) + _ROOM_BYTES


class Allowance:
    """Counts the parts of one message as they come, from several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._taken = 0
        self._lock = Lock()

    def take(self, part: bytes) -> bytes:
        """The part, once it is counted.

        Raises:
            WireError: the parts so far are more than the message may have.
        """
        with self._lock:
            self._taken += len(part)
            if self._taken > self._most:
                raise WireError(f"larger than the study's model: more than {self._most} bytes")
        return part
