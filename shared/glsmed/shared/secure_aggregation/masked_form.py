"""The form of a masked update on the wire: one buffer of numbers modulo 2^32, a change and behind it its counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glsmed.shared.errors import WireError
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.wire.packed_model import FLOAT, PACKED, ModelLayout, Packed, as_array, bytes_of

MASKED = "masked"
_DTYPE = "uint32"
_VALUE_BYTES = 4
_BLOCK_BYTES = 2**20


class Counts(NamedTuple):
    """What stands behind the change: labelled cells and patients with one, of a site or of all together."""

    cells: int
    patients: int


@dataclass(frozen=True, slots=True)
class MaskedForm:
    """How masked updates of a study travel."""

    layout: ModelLayout

    @property
    def floats(self) -> int:
        """Values of the change."""
        return self.layout.lengths.get(FLOAT, 0)

    @property
    def size(self) -> int:
        """Values in all."""
        return self.floats + len(Counts._fields)

    def vector(self, change: Ring, counts: Counts) -> Ring:
        """``(size,)`` a change, as :meth:`~.fixed_point.FixedPoint.encode` made it, and its counts."""
        return np.concatenate([change, np.array(counts, np.uint32)])

    def parts(self, vector: Ring) -> tuple[Ring, Counts]:
        """The change and the counts of a vector."""
        return vector[: self.floats], Counts(*(int(value) for value in vector[self.floats :]))

    def packed(self, vector: Ring) -> Packed:
        """The vector as it travels."""
        return {MASKED: as_array(vector)}

    def check(self, packed: Packed) -> None:
        """Raise unless this is a masked update of the study.

        Raises:
            WireError: saying what differs.
        """
        if set(packed) != {MASKED}:
            raise WireError(f"record 'model': expected the buffer {MASKED!r} alone, got {sorted(packed)[:3]}")
        array = packed[MASKED]
        wanted = (PACKED, _DTYPE, (self.size,), _VALUE_BYTES * self.size)
        got = (array.stype, array.dtype, tuple(array.shape), bytes_of(array).nbytes)
        if got != wanted:
            raise WireError(f"record 'model': buffer {MASKED!r}: expected {wanted}, got {got}")

    def add_to(self, total: Ring, packed: Packed) -> None:
        """Add a checked masked update to ``(size,)`` numbers in place."""
        for start, values in self._blocks(packed):
            part = total[start : start + values.size]
            np.add(part, values, out=part)

    def _blocks(self, packed: Packed) -> Iterator[tuple[int, Ring]]:
        source = bytes_of(packed[MASKED])
        for start in range(0, source.nbytes, _BLOCK_BYTES):
            content = source.read(start, min(start + _BLOCK_BYTES, source.nbytes))
            yield start // _VALUE_BYTES, np.frombuffer(content, dtype="<u4")
