"""The model manifest: name, shape and dtype of every array of the study's model, which every update must match.

It is separate from the networks so that programs that only move arrays need not import torch.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.errors import WireError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """Name, shape and numpy dtype of one model array."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """The arrays of the study's model; both ends refuse any other."""

    arrays: tuple[ArraySpec, ...]

    @classmethod
    def of(cls, state: "Mapping[str, Tensor]") -> Self:
        """The manifest of a state dict, in its order."""
        return cls(
            tuple(ArraySpec(name, tuple(value.shape), str(value.cpu().numpy().dtype)) for name, value in state.items())
        )

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """The manifest of arrays, in their order."""
        return cls(tuple(ArraySpec(name, array.shape, str(array.dtype)) for name, array in arrays.items()))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The manifest that :meth:`to_json` wrote.

        Raises:
            ValueError: it did not write this.
        """
        return cls(tuple(ArraySpec(str(name), tuple(shape), str(dtype)) for name, shape, dtype in json.loads(text)))

    def to_json(self) -> str:
        """Names, shapes and dtypes in canonical JSON."""
        content = [[spec.name, list(spec.shape), spec.dtype] for spec in self.arrays]
        return json.dumps(content, separators=(",", ":"))

    def digest(self) -> str:
        """SHA-256 of :meth:`to_json`."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def part_of(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Those of the arrays that are in the manifest, in its order."""
        return {spec.name: arrays[spec.name] for spec in self.arrays}

    def without(self, names: Iterable[str]) -> Self:
        """The manifest of the other arrays, in the same order."""
        left_out = frozenset(names)
        return type(self)(tuple(spec for spec in self.arrays if spec.name not in left_out))

    def check(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Raise if the arrays are not those of the manifest, in its order, or not finite.

        Raises:
            WireError: naming the first array that is missing, unknown, not finite, or of another shape or dtype.
        """
        names = [spec.name for spec in self.arrays]
        if list(arrays) != names:
            raise WireError(_name_difference(list(arrays), names))
        for spec in self.arrays:
            array = arrays[spec.name]
            if array.shape != spec.shape:
                raise WireError(f"array {spec.name!r} has shape {array.shape}, expected {spec.shape}")
            if str(array.dtype) != spec.dtype:
                raise WireError(f"array {spec.name!r} has dtype {array.dtype}, expected {spec.dtype}")
            if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
                raise WireError(f"array {spec.name!r} holds values that are not finite")


def _name_difference(got: list[str], expected: list[str]) -> str:
    missing = sorted(set(expected) - set(got))
    unknown = sorted(set(got) - set(expected))
    if missing:
        return f"array {missing[0]!r} is missing"
    if unknown:
        return f"array {unknown[0][:80]!r} is not part of the study's model"
    return "the arrays are not in the order of the study's model"
