import numpy as np
import pytest
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.lookup_tables import LookupTable
from glsmed.shared.errors import DataError


def image(descriptor: list[int], data: bytes) -> Dataset:
    table, dataset = Dataset(), Dataset()
    table.LUTDescriptor = descriptor
    table.add_new("LUTData", "OW", data)
    dataset.VOILUTSequence = [table]
    return dataset


def read(descriptor: list[int], data: bytes, *, signed: bool = False) -> LookupTable:
    table = LookupTable.of(image(descriptor, data), "VOILUTSequence", signed=signed)
    assert table is not None
    return table


def test_values_beyond_the_ends_get_the_last_entry() -> None:
    table = read([3, 10, 16], np.array([5, 6, 9], "<u2").tobytes())
    assert table(np.array([-4, 10, 11, 12, 900], np.float32)).tolist() == [5, 5, 6, 9, 9]


@pytest.mark.parametrize(
    "data", [bytes([1, 2, 3, 0]), np.array([1, 2, 3], "<u2").tobytes()], ids=["packed", "a word each"]
)
def test_eight_bits_stand_two_to_a_word_or_alone(data: bytes) -> None:
    assert read([3, 0, 8], data).entries.tolist() == [1, 2, 3]


def test_no_entries_are_all_of_sixteen_bits() -> None:
    assert read([0, 0, 16], bytes(131_072)).entries.size == 65_536


def test_a_first_value_below_zero_is_read_where_values_may_be() -> None:
    assert read([3, 65_436, 16], bytes(6), signed=True).first == -100
    assert read([3, 65_436, 16], bytes(6)).first == 65_436


def test_too_few_entries_are_named() -> None:
    with pytest.raises(DataError, match="its VOILUTSequence says 300 entries and holds 6 bytes of them"):
        read([300, 0, 16], bytes(6))


def test_without_a_table_there_is_none() -> None:
    assert LookupTable.of(Dataset(), "VOILUTSequence", signed=False) is None
