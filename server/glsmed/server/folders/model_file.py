"""A model in a safetensors file whose data section is the packed model, so that it can be sent and averaged from disk.

The buffers follow each other in the order of their dtypes' names. The file is an ordinary safetensors file: every
array has its name, dtype and shape in the header.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from glsmed.server.flower.model_arrays import FileArray
from glsmed.shared.files.atomic import atomic_replace
from glsmed.shared.protocol.model_form import FloatSource
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.packed_model import FLOAT, PACKED, Arrays, ModelLayout, Packed

_DTYPES: Mapping[str, str] = {
    "float32": "F32",
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
}
_LENGTH_BYTES = 8  # of the header, little-endian, at the beginning of the file
_ALIGNED = 64
_DIGEST = "model_digest"
_UNKNOWN_DIGEST = "-" * 64


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model on disk, read stretch by stretch.

    Attributes:
        offset: where the buffers begin.
        metadata: words of the header, among them the model manifest and the digest of the buffers.
    """

    path: Path
    layout: ModelLayout
    offset: int
    metadata: Mapping[str, str]

    @classmethod
    def open(cls, path: Path) -> Self:
        """The model in ``path``; only its header is read.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is cut short or no file of :func:`write_model`.
            WireError: the same.
        """
        with path.open("rb") as source:
            length = int.from_bytes(source.read(_LENGTH_BYTES), "little")
            if length > path.stat().st_size:
                raise ValueError("its header is longer than the file")
            header = json.loads(source.read(length))
        metadata = header.pop("__metadata__")
        layout = ModelLayout(ModelManifest.from_json(metadata["manifest"]))
        if header != _entries(layout) or path.stat().st_size != _LENGTH_BYTES + length + _total(layout):
            raise ValueError("its arrays are not those of its model manifest, or it is cut short")
        return cls(path, layout, _LENGTH_BYTES + length, metadata)

    @property
    def digest(self) -> str:
        """SHA-256 of the buffers, see :func:`~glsmed.shared.protocol.packed_model.packed_digest`."""
        return self.metadata[_DIGEST]

    def packed(self) -> Packed:
        """The buffers, to be sent; their bytes stay in the file."""
        return {
            dtype: FileArray(
                self.path, offset=self.offset + start, nbytes=end - start, dtype=dtype, shape=(count,), stype=PACKED
            )
            for dtype, count, start, end in _stretches(self.layout)
        }

    def floats(self) -> FloatSource:
        """The floating-point values."""
        return FloatSource(self.layout.lengths[FLOAT], "fp32", self.packed()[FLOAT])  # type: ignore[arg-type]  # reads

    def arrays(self) -> Arrays:
        """All arrays by name, in memory."""
        buffers = {name: np.frombuffer(array.data, dtype=name) for name, array in self.packed().items()}
        return self.layout.unpack(buffers)


def write_model(
    path: Path, layout: ModelLayout, buffers: Mapping[str, Iterable[NDArray[np.generic]]], metadata: Mapping[str, str]
) -> ModelFile:
    """Write a model from stretches of each buffer, and open it; the file is complete or absent.

    Raises:
        OSError: the disk is full.
        ValueError: a buffer has too few or too many values.
    """
    words = {**metadata, "manifest": layout.manifest.to_json(), _DIGEST: _UNKNOWN_DIGEST}
    header = json.dumps({"__metadata__": words, **_entries(layout)}, separators=(",", ":")).encode()
    header += b" " * (-(_LENGTH_BYTES + len(header)) % _ALIGNED)
    with atomic_replace(path) as temporary, temporary.open("w+b") as output:
        output.write(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
        digest = _write_buffers(output, layout, buffers)
        output.seek(_LENGTH_BYTES + header.index(_UNKNOWN_DIGEST.encode()))
        output.write(digest.encode())
    return ModelFile.open(path)


def write_arrays(path: Path, arrays: Arrays, layout: ModelLayout, metadata: Mapping[str, str]) -> ModelFile:
    """Write a model that is in memory.

    Raises:
        OSError: the disk is full.
        WireError: the arrays are not those of the layout's manifest.
    """
    buffers = {dtype: [values] for dtype, values in layout.pack(arrays).items()}
    return write_model(path, layout, buffers, metadata)


def _write_buffers(output: BinaryIO, layout: ModelLayout, buffers: Mapping[str, Iterable[NDArray[np.generic]]]) -> str:
    """Write the stretches; returns the digest of the whole."""
    digest = hashlib.sha256()
    for dtype, count, _, _ in _stretches(layout):
        digest.update(dtype.encode() + b"\0")
        written = 0
        for values in buffers[dtype]:
            content = np.ascontiguousarray(values, dtype=dtype).view(np.uint8).data
            digest.update(content)
            output.write(content)
            written += values.size
        if written != count:
            raise ValueError(f"buffer {dtype}: expected {count} values, got {written}")
    return digest.hexdigest()


def _stretches(layout: ModelLayout) -> Iterator[tuple[str, int, int, int]]:
    """Each buffer's dtype, its values, and where its bytes start and end."""
    end = 0
    for dtype, count in sorted(layout.lengths.items()):
        start, end = end, end + count * np.dtype(dtype).itemsize
        yield dtype, count, start, end


def _total(layout: ModelLayout) -> int:
    return max((end for *_, end in _stretches(layout)), default=0)


def _entries(layout: ModelLayout) -> dict[str, dict[str, object]]:
    """The header's line of each array."""
    starts = {dtype: start for dtype, _, start, _ in _stretches(layout)}
    entries: dict[str, dict[str, object]] = {}
    for spec, first, last in layout.places():
        item, start = np.dtype(spec.dtype).itemsize, starts[spec.dtype]
        offsets = [start + first * item, start + last * item]
        entries[spec.name] = {"dtype": _DTYPES[spec.dtype], "shape": list(spec.shape), "data_offsets": offsets}
    return entries
