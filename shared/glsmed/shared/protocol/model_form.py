"""The form in which a model or a change travels in a study: which buffers, of which dtype and length.

``fp32`` sends whole models both ways. ``bf16`` and ``int8`` send the model down in bf16; the site sends back what it
changed of that very model, so rounding does not pile up from round to round.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.packed_model import (
    FLOAT,
    PACKED,
    Buffers,
    Bytes,
    ModelLayout,
    Packed,
    as_array,
    as_values,
    bytes_of,
)
from glsmed.shared.protocol.precision import (
    GROUP,
    Floats,
    Precision,
    from_bf16,
    from_int8,
    group_count,
    to_bf16,
    to_int8,
)

Kind = Literal["model", "change"]

SCALES = f"{FLOAT}.scales"
_WIRE_DTYPES: Mapping[Precision, str] = {"fp32": FLOAT, "bf16": "bfloat16", "int8": "int8"}
_ITEM_BYTES = {"bfloat16": 2}


@dataclass(frozen=True, slots=True)
class ModelForm:
    """How one kind of payload travels.

    Attributes:
        kind: whether the floats are a model, or what was changed of one.
        precision: of the floats; all other values travel as they are.
    """

    layout: ModelLayout
    kind: Kind
    precision: Precision

    @classmethod
    def down(cls, layout: ModelLayout, precision: Precision) -> "ModelForm":
        """How the centre sends a model in a study of this precision."""
        return cls(layout, "model", "fp32" if precision == "fp32" else "bf16")

    @classmethod
    def up(cls, layout: ModelLayout, precision: Precision) -> "ModelForm":
        """How a site sends its update."""
        return cls(layout, "model" if precision == "fp32" else "change", precision)

    def buffers(self) -> Mapping[str, tuple[str, int]]:
        """The dtype on the wire and the number of values of each buffer."""
        lengths = self.layout.lengths
        expected = {dtype: (dtype, count) for dtype, count in lengths.items()}
        if FLOAT in expected:
            expected[FLOAT] = (_WIRE_DTYPES[self.precision], lengths[FLOAT])
            if self.precision == "int8":
                expected[SCALES] = (FLOAT, group_count(lengths[FLOAT]))
        return expected

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers."""
        return sum(count * item_bytes(dtype) for dtype, count in self.buffers().values())

    def check(self, packed: Packed) -> None:
        """Raise unless the buffers are those that must come; their bytes are not looked at.

        Raises:
            WireError: naming the first buffer that is missing, unknown, or of another dtype or length.
        """
        expected = self.buffers()
        for name in sorted(expected.keys() - packed.keys()):
            raise WireError(f"record 'model': buffer {name!r} is missing")
        for name in sorted(packed.keys() - expected.keys()):
            raise WireError(f"record 'model': {name[:80]!r} is not a buffer of the study's model")
        for name, (dtype, count) in expected.items():
            array = packed[name]
            wanted = (PACKED, dtype, (count,), count * item_bytes(dtype))
            got = (array.stype, array.dtype, tuple(array.shape), bytes_of(array).nbytes)
            if got != wanted:
                raise WireError(f"record 'model': buffer {name!r}: expected {_words(wanted)}, got {_words(got)}")

    def encode(self, buffers: Buffers) -> Packed:
        """The buffers as they travel; the floats of int8 lose what :meth:`decode` does not bring back."""
        packed = {dtype: as_array(values) for dtype, values in buffers.items() if dtype != FLOAT}
        if FLOAT not in buffers or self.precision == "fp32":
            return {**packed, **{dtype: as_array(values) for dtype, values in buffers.items() if dtype == FLOAT}}
        floats = buffers[FLOAT].astype(np.float32, copy=False)
        if self.precision == "bf16":
            return {**packed, FLOAT: as_array(to_bf16(floats), dtype="bfloat16")}
        steps, scales = to_int8(floats)
        return {**packed, FLOAT: as_array(steps), SCALES: as_array(scales)}

    def decode(self, packed: Packed) -> Buffers:
        """The buffers of a checked payload, floats as float32; read-only where nothing was converted."""
        values = {name: as_values(packed[name]) for name in packed if name not in (FLOAT, SCALES)}
        if FLOAT in packed:
            floats = FloatSource.of(self, packed)
            values[FLOAT] = floats.read(0, floats.count)
        return values


@dataclass(frozen=True, slots=True)
class FloatSource:
    """The floats of a checked payload, read stretch by stretch as float32."""

    count: int
    precision: Precision
    values: Bytes
    scales: Bytes | None = None

    @classmethod
    def of(cls, form: ModelForm, packed: Packed) -> "FloatSource":
        """The floats of a payload in this form."""
        scales = bytes_of(packed[SCALES]) if form.precision == "int8" else None
        return cls(form.layout.lengths[FLOAT], form.precision, bytes_of(packed[FLOAT]), scales)

    def read_into(self, start: int, values: Floats) -> None:
        """Fill contiguous ``values`` with those from ``start`` on."""
        if self.precision == "fp32":
            self.values.read_into(4 * start, values.view(np.uint8).data)
        else:
            values[:] = self.read(start, start + values.size)

    def read(self, start: int, stop: int) -> Floats:
        """``(stop - start,)`` values; ``start`` must be a multiple of :data:`~.precision.GROUP`."""
        if self.precision == "fp32":
            return np.frombuffer(self.values.read(4 * start, 4 * stop), dtype=np.float32)
        if self.precision == "bf16":
            return from_bf16(np.frombuffer(self.values.read(2 * start, 2 * stop), dtype=np.uint16))
        steps: NDArray[np.int8] = np.frombuffer(self.values.read(start, stop), dtype=np.int8)
        first, last = start // GROUP, group_count(stop)
        if self.scales is None:
            raise WireError("record 'model': int8 values came without scales")
        return from_int8(steps, np.frombuffer(self.scales.read(4 * first, 4 * last), dtype=np.float32))


def item_bytes(dtype: str) -> int:
    """Bytes of a value of a dtype on the wire."""
    return _ITEM_BYTES.get(dtype) or np.dtype(dtype).itemsize


def _words(found: tuple[str, str, tuple[int, ...], int]) -> str:
    stype, dtype, shape, nbytes = found
    return f"{dtype[:20]} {str(shape)[:40]} as {stype[:20]!r} in {nbytes} bytes"
