import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from glsmed.client.data.pictures.stored_values import grey_values, padding_of


def described(**elements: object) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.add_new("PixelData", "OW", b"")
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


@pytest.mark.parametrize(
    ("stored", "high", "signed", "cell", "value"),
    [
        (12, 11, 0, 0xFABC, 0xABC),
        (12, 15, 0, 0xABCF, 0xABC),
        (12, 11, 1, 0x0FFF, -1),
        (12, 11, 1, 0xF7FF, 2047),
        (12, 15, 1, 0x8000, -2048),
        (16, 15, 1, 0xFFFF, -1),
        (16, 15, 0, 0xFFFF, 65_535),
    ],
)
def test_a_pixel_cell_holds_the_stored_bits(stored: int, high: int, signed: int, cell: int, value: int) -> None:
    dataset = described(BitsStored=stored, HighBit=high, PixelRepresentation=signed)
    assert grey_values(dataset, np.array([[cell]], np.uint16)).item() == value


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, None),
        ({"PixelPaddingValue": 3}, [False, False, True, False]),
        ({"PixelPaddingValue": 0xFFFF}, [True, False, False, False]),
        ({"PixelPaddingValue": 3, "PixelPaddingRangeLimit": 1}, [False, True, True, False]),
        ({"PixelPaddingValue": 77}, None),
        ({"PixelPaddingValue": 0xFFFF, "PixelPaddingRangeLimit": 9}, None),
    ],
)
def test_padding_is_a_value_or_a_range(elements: dict[str, int], expected: list[bool] | None) -> None:
    dataset = described()
    for name, value in elements.items():
        dataset.add_new(name, "US", value)
    padding = padding_of(dataset, np.array([[-1, 1, 3, 9]], np.int16))
    assert (None if padding is None else padding.ravel().tolist()) == expected
