"""How large an incoming message may be: the study's model, and some room for words and numbers."""

import math
from threading import Lock

import numpy as np

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.model_manifest import ModelManifest

MOST_PART_BYTES = 32 * 2**20  # one HTTP request or response; Flower cuts arrays into parts of 5 MiB
_ROOM_BYTES = 32 * 2**20  # for words and numbers
_PAYLOADS = 2  # the model, and where the study uses them a control variate


def most_message_bytes(manifest: ModelManifest) -> int:
    """The largest valid size in bytes of a message with this model."""
    sizes = (math.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in manifest.arrays)
    return _PAYLOADS * sum(sizes) + _ROOM_BYTES


class Allowance:
    """Counts the bytes of one message's parts as they arrive, in several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._taken = 0
        self._lock = Lock()

    def take(self, part: bytes) -> bytes:
        """Count a part; returns it.

        Raises:
            WireError: the parts so far are larger than the message may be.
        """
        with self._lock:
            self._taken += len(part)
            if self._taken > self._most:
                raise WireError(f"larger than the study's model: more than {self._most} bytes")
        return part
