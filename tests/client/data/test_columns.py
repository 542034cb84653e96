from dataclasses import dataclass

import torch
from torch import Tensor

from glsmed.client.data.columns import Columns


@dataclass(frozen=True, slots=True)
class Pairs(Columns):
    """Two columns, of which one may be missing, and a name for the whole."""

    left: Tensor
    right: Tensor | None
    name: str


BOTH = Pairs(torch.arange(4), torch.arange(4) * 10, "tens")


def test_every_column_gives_the_same_rows_and_the_rest_stays() -> None:
    taken = BOTH.rows(torch.tensor([3, 1]))
    assert taken.left.tolist() == [3, 1]
    assert taken.right is not None
    assert taken.right.tolist() == [30, 10]
    assert taken.name == "tens"


def test_a_column_that_is_missing_stays_missing() -> None:
    alone = Pairs(torch.arange(4), None, "alone")
    assert alone.rows(slice(2)).right is None
    assert list(alone.columns()) == ["left"]


def test_a_slice_copies_nothing() -> None:
    assert BOTH.rows(slice(1, 3)).left.data_ptr() == BOTH.left[1:].data_ptr()
