"""The model as it travels: one buffer for each dtype, laid out by the model manifest that both ends hold.

Nothing about the layout is sent. The receiver computes from the manifest and the study's precision which buffers must
come, of which dtype and length, and refuses anything else.

buffer           values at full precision     with ``bf16``          with ``int8`` (updates only)
float32          ``float32``                  the upper 16 bits      ``int8``, one scale for each group of 4096
float32.scales   --                           --                     ``float32``
int64, …         as they are                  as they are            as they are
"""

import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from flwr.app import Array
from numpy.typing import NDArray

from glsmed.shared.errors import WireError
from glsmed.shared.wire.model_manifest import ArraySpec, ModelManifest

Arrays = Mapping[str, NDArray[Any]]
Buffers = Mapping[str, NDArray[Any]]
Packed = Mapping[str, Array]

PACKED = "glsmed.packed"
FLOAT = "float32"
_WHOLE = ("bool", "uint8", "int8", "int16", "int32", "int64")
_HASHED_AT_ONCE = 2**20


class Bytes(Protocol):
    """Bytes that lie in memory or in files."""

    @property
    def nbytes(self) -> int:
        """How many."""

    def read(self, start: int, stop: int) -> bytes:
        """Those from ``start`` to before ``stop``."""

    def read_into(self, start: int, view: memoryview) -> None:
        """Fill ``view`` with those from ``start`` on."""


@dataclass(frozen=True, slots=True)
class MemoryBytes:
    """Bytes in memory."""

    data: bytes

    @property
    def nbytes(self) -> int:
        """How many."""
        return len(self.data)

    def read(self, start: int, stop: int) -> bytes:
        """Those from ``start`` to before ``stop``."""
        return self.data[start:stop]

    def read_into(self, start: int, view: memoryview) -> None:
        """Fill ``view`` with those from ``start`` on."""
        view[:] = self.data[start : start + len(view)]


def bytes_of(array: Array) -> Bytes:
    """The bytes of an array, wherever they lie."""
    return array if hasattr(array, "read") else MemoryBytes(array.data)  # type: ignore[return-value]  # has nbytes too


@dataclass(frozen=True, slots=True)
class ModelLayout:
    """Where each array of a model lies in the buffer of its dtype: in the manifest's order, without gaps."""

    manifest: ModelManifest

    def __post_init__(self) -> None:
        """Raise if the model has a dtype that may not travel.

        Raises:
            WireError: naming the array.
        """
        for spec in self.manifest.arrays:
            if spec.dtype != FLOAT and spec.dtype not in _WHOLE:
                raise WireError(f"array {spec.name!r} has dtype {spec.dtype}, which may not travel")

    @property
    def lengths(self) -> Mapping[str, int]:
        """Values in the buffer of each dtype."""
        lengths: dict[str, int] = {}
        for spec in self.manifest.arrays:
            lengths[spec.dtype] = lengths.get(spec.dtype, 0) + math.prod(spec.shape)
        return lengths

    def places(self) -> Iterator[tuple[ArraySpec, int, int]]:
        """Each array with the place in its buffer where it starts, and where it ends."""
        ends = dict.fromkeys(self.lengths, 0)
        for spec in self.manifest.arrays:
            start = ends[spec.dtype]
            ends[spec.dtype] = start + math.prod(spec.shape)
            yield spec, start, ends[spec.dtype]

    def pack(self, arrays: Arrays) -> Buffers:
        """The arrays as one buffer for each dtype.

        Raises:
            WireError: they are not those of the manifest, or not finite.
        """
        self.manifest.check(arrays)
        parts: dict[str, list[NDArray[np.generic]]] = {dtype: [] for dtype in self.lengths}
        for spec in self.manifest.arrays:
            parts[spec.dtype].append(arrays[spec.name].ravel())
        return {dtype: np.concatenate(own) for dtype, own in parts.items()}

    def unpack(self, buffers: Buffers) -> Arrays:
        """The arrays by name, as views of the buffers."""
        return {spec.name: buffers[spec.dtype][start:end].reshape(spec.shape) for spec, start, end in self.places()}


def as_array(values: NDArray[np.generic], *, dtype: str = "") -> Array:
    """A buffer as Flower carries it; ``dtype`` where it is not that of the values."""
    return Array(dtype or str(values.dtype), (values.size,), PACKED, values.tobytes())


def as_values(array: Array) -> NDArray[np.generic]:
    """The values of a buffer that was checked against a :class:`~glsmed.shared.wire.model_form.ModelForm`."""
    source = bytes_of(array)
    dtype = "uint16" if array.dtype == "bfloat16" else array.dtype
    return np.frombuffer(source.read(0, source.nbytes), dtype=dtype)


def packed_bytes(packed: Packed) -> int:
    """The bytes of all buffers."""
    return sum(bytes_of(array).nbytes for array in packed.values())


def close_packed(packed: Packed) -> None:
    """Let go of the files that hold the bytes of a payload, where files do."""
    for array in packed.values():
        close = getattr(array, "close", None)
        if close is not None:
            close()


def packed_digest(packed: Packed) -> str:
    """SHA-256 over names and bytes in the order of the names, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in sorted(packed):
        digest.update(name.encode() + b"\0")
        for part in _parts(bytes_of(packed[name])):
            digest.update(part)
    return digest.hexdigest()


def _parts(source: Bytes) -> Iterator[bytes]:
    if isinstance(source, MemoryBytes):
        yield source.data
        return
    ends = itertools.chain(range(_HASHED_AT_ONCE, source.nbytes, _HASHED_AT_ONCE), [source.nbytes])
    for start, end in itertools.pairwise(itertools.chain([0], ends)):
        yield source.read(start, end)
