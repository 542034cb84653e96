"""Dataclasses whose tensors go together row by row."""

from dataclasses import dataclass, fields, replace
from typing import Self

from torch import Tensor

Places = Tensor | slice


@dataclass(frozen=True, slots=True)
class Columns:
    """A base for dataclasses of tensors with one row for each image; a column that may be missing is None."""

    def columns(self) -> dict[str, Tensor]:
        """The columns that are present, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Tensor)}

    def rows(self, places: Places) -> Self:
        """The same with only these rows of every column.

        Args:
            places: ``(M,)`` indices, whose order is kept, or a slice, which copies nothing.
        """
        return replace(self, **{name: column[places] for name, column in self.columns().items()})
