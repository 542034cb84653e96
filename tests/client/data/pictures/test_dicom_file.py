from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.dicom_file import is_dicom, numbers, text, whole


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("1700", (1700,)),
        ("1,5", (1.5,)),
        ("1\\2", (1, 2)),
        (" 3 ", (3,)),
        ("", ()),
        ("wide", ()),
        ("nan", ()),
        ("inf", ()),
    ],
)
def test_decimal_strings_are_numbers_or_nothing(stored: str, expected: tuple[float, ...]) -> None:
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    dataset = Dataset()
    dataset[0x00281050] = RawDataElement(Tag(0x00281050), "DS", len(stored), stored.encode(), 0, False, True)
    assert numbers(dataset, "WindowCenter") == expected


def test_what_is_missing_has_a_default() -> None:
    assert (numbers(Dataset(), "Rows"), whole(Dataset(), "Rows"), whole(Dataset(), "Rows", 7)) == ((), 0, 7)
    assert text(Dataset(), "Modality") == ""


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.dcm", b"", True),
        ("IM1", bytes(128) + b"DICM", True),
        ("IM2", b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100", True),
        ("IM3", b"\x08\x00\x16\x00\x1a\x00\x00\x001.2.840", True),
        ("IM4", b"\x00\x08\x00\x16UI\x00\x1c1.2.840", True),
        ("a.png", b"\x89PNG\r\n\x1a\n", False),
        ("a.jpg", b"\xff\xd8\xff\xe0", False),
        ("text", b"No acute findings.", False),
        ("zero", b"", False),
    ],
)
def test_dicom_is_known_by_mark_name_or_first_element(
    tmp_path: Path, name: str, content: bytes, expected: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    assert is_dicom(tmp_path / name) is expected
