"""The form of what travels under masks: one buffer of numbers modulo 2^32.

Of an update a change, and behind it its counts; where metrics are summed, behind them the counts of scores of the model
as it came. Of an evaluation the counts of scores alone; of cues their trials and successes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from glsmed.shared.errors import WireError
from glsmed.shared.metrics.score_bins import FINE_BINS
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.wire.packed_model import FLOAT, PACKED, ModelLayout, Packed, as_array, bytes_of

MASKED = "masked"
_DTYPE = "uint32"
_VALUE_BYTES = 4
_BLOCK_BYTES = 2**20
_CLASSES = 2


class Counts(NamedTuple):
    """What stands behind the change: labelled cells and patients with one, of a site or of all together."""

    cells: int
    patients: int


@dataclass(frozen=True, slots=True)
class MaskedForm:
    """How masked numbers of a study travel.

    Attributes:
        layout: of the model; None where no change of it is in the sum.
        findings: whose counts of scores are in the sum, or cues; 0 where there are none.
        width: values of each.
    """

    layout: ModelLayout | None
    findings: int = 0
    width: int = _CLASSES * FINE_BINS

    @classmethod
    def of_updates(cls, study: Study, layout: ModelLayout) -> Self:
        """That of a study's updates."""
        return cls(layout, len(study.findings) if study.federation.summed_metrics else 0)

    @classmethod
    def of_evaluations(cls, study: Study) -> Self:
        """That of evaluations of a study that sums metrics."""
        return cls(None, len(study.findings))

    @classmethod
    def of_cues(cls, cues: int) -> Self:
        """That of counts of so many cues: of each its trials and its successes."""
        return cls(None, cues, _CLASSES)

    @property
    def floats(self) -> int:
        """Values of the change."""
        return 0 if self.layout is None else self.layout.lengths.get(FLOAT, 0)

    @property
    def scores_shape(self) -> tuple[int, int]:
        """Of the counts of scores: findings, and values of each, see :func:`glsmed.shared.metrics.score_counts`."""
        return self.findings, self.width

    @property
    def size(self) -> int:
        """Values in all."""
        return self._scores_start + self.findings * self.scores_shape[1]

    @property
    def _scores_start(self) -> int:
        return self.floats + (0 if self.layout is None else len(Counts._fields))

    def vector(self, change: Ring, counts: Counts, scores: Ring | None = None) -> Ring:
        """``(size,)`` a change, as :meth:`~.fixed_point.FixedPoint.encode` made it, its counts, its scores' counts."""
        behind = np.zeros(self.scores_shape, np.uint32) if scores is None else scores
        return np.concatenate([change, np.array(counts, np.uint32), behind.ravel()])

    def parts(self, vector: Ring) -> tuple[Ring, Counts]:
        """The change and the counts of a vector."""
        return vector[: self.floats], Counts(*(int(value) for value in vector[self.floats : self._scores_start]))

    def scores(self, vector: Ring) -> Ring:
        """``scores_shape`` the counts of scores of a vector."""
        return vector[self._scores_start :].reshape(self.scores_shape)

    def packed(self, vector: Ring) -> Packed:
        """The vector as it travels."""
        return {MASKED: as_array(vector)}

    def check(self, packed: Packed) -> None:
        """Raise unless this is a masked vector of the study.

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
        """Add a checked masked vector to ``(size,)`` numbers in place."""
        for start, values in self._blocks(packed):
            part = total[start : start + values.size]
            np.add(part, values, out=part)

    def _blocks(self, packed: Packed) -> Iterator[tuple[int, Ring]]:
        source = bytes_of(packed[MASKED])
        for start in range(0, source.nbytes, _BLOCK_BYTES):
            content = source.read(start, min(start + _BLOCK_BYTES, source.nbytes))
            yield start // _VALUE_BYTES, np.frombuffer(content, dtype="<u4")
