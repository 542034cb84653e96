"""Lookup tables of DICOM: Modality LUT and VOI LUT, with entries of 8 to 16 bits however they are packed."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.dicom_file import numbers
from glsmed.shared.errors import DataError

_ALL_ENTRIES = 65_536  # written as 0, since the element holds 16 bits
_DESCRIPTOR = 3
_SIGN_BIT = 1 << 15


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A table that is read at ``value - first``; values beyond its ends get its first or last entry."""

    first: int
    entries: NDArray[np.float32]

    @classmethod
    def of(cls, dataset: Dataset, sequence: str, *, signed: bool) -> Self | None:
        """The first table of a sequence; None where there is none.

        Args:
            dataset: the image.
            sequence: ModalityLUTSequence or VOILUTSequence.
            signed: whether the values that the table is read at may be negative.

        Raises:
            DataError: the table cannot be read, or has fewer entries than it says.
        """
        items = dataset.get(sequence)
        return cls.read(items[0], "LUT", name=sequence, signed=signed) if items else None

    @classmethod
    def read(cls, item: Dataset, prefix: str, *, name: str, signed: bool = False) -> Self:
        """The table in the elements ``<prefix>Descriptor`` and ``<prefix>Data``.

        Raises:
            DataError: as :meth:`of`; ``name`` says which table it is.
        """
        described = numbers(item, f"{prefix}Descriptor")
        if len(described) != _DESCRIPTOR:
            raise DataError(f"its {name} has no {prefix}Descriptor of three numbers")
        first = int(described[1])
        if signed and first >= _SIGN_BIT:
            first -= 2 * _SIGN_BIT
        count = int(described[0]) % _ALL_ENTRIES or _ALL_ENTRIES
        return cls(first, _entries(item.get(f"{prefix}Data"), count, name))

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The entries of the values, of any shape."""
        places = np.clip(np.rint(values) - self.first, 0, self.entries.size - 1).astype(np.int32)
        return np.asarray(self.entries[places], dtype=np.float32)


def _entries(data: object, count: int, name: str) -> NDArray[np.float32]:
    """The table's entries: 16 bits each, or 8 bits each in half as many bytes.

    Source: DICOM PS3.3, C.11.1.1.1 and C.11.2.1.1: 8-bit entries are packed two to a word, or stand in one word each.
    """
    raw = data if isinstance(data, bytes) else np.asarray([] if data is None else data, dtype="<u2").tobytes()
    if len(raw) >= 2 * count:
        return np.frombuffer(raw, "<u2", count).astype(np.float32)
    if len(raw) >= count:
        return np.frombuffer(raw, "u1", count).astype(np.float32)
    raise DataError(f"its {name} says {count} entries and holds {len(raw)} bytes of them")
