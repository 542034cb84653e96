from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from glsmed.client.data.dicom_headers.character_sets import mend_character_set
from glsmed.client.imports.images.dicom_header import read_dicom_record
from tests.drawn_dicom import JAPANESE_NAME, write_study

IDENTIFIER = "患者１２"
ESCAPED = "患者12".encode("iso2022_jp")


def written(folder: Path, raw: bytes, declared: str | None, *, place: str = "PatientID") -> Path:
    """A study in which the element holds these bytes, whatever its character set would allow."""
    mark = "#" * (len(raw) + len(raw) % 2)
    path = write_study(folder, 1, SpecificCharacterSet=None, PatientName="X^Y", **{place: mark})
    content = path.read_bytes()
    assert content.count(mark.encode()) == 1
    path.write_bytes(content.replace(mark.encode(), raw.ljust(len(mark))))
    if declared is not None:
        path.write_bytes(_with_character_set(path.read_bytes(), declared))
    return path


def _with_character_set(content: bytes, declared: str) -> bytes:
    value = declared.encode().ljust(len(declared) + len(declared) % 2)
    element = b"\x08\x00\x05\x00CS" + len(value).to_bytes(2, "little") + value
    start = content.index(b"\x08\x00\x08\x00CS")  # ImageType comes next
    return content[:start] + element + content[start:]


@pytest.mark.parametrize(
    ("raw", "declared", "expected"),
    [
        (b"P0001", None, "P0001"),
        (IDENTIFIER.encode(), "ISO_IR 192", IDENTIFIER),
        (IDENTIFIER.encode(), None, IDENTIFIER),
        (IDENTIFIER.encode(), "ISO_IR 100", IDENTIFIER),
        (IDENTIFIER.encode(), "UTF8", IDENTIFIER),
        (ESCAPED, "\\ISO 2022 IR 87", "患者12"),
        (ESCAPED, None, "患者12"),
        (ESCAPED, "ISO_IR 100", "患者12"),
        ("Müller".encode("latin-1"), "ISO_IR 100", "Müller"),
        ("Łódź".encode("iso8859_2"), "ISO_IR 101", "Łódź"),
        ("Иванов".encode("iso8859_5"), "ISO_IR 144", "Иванов"),
        ("김1".encode("gb18030"), "GB18030", "김1"),
        ("ﾔﾏﾀﾞ".encode("shift_jis"), "ISO_IR 13", "ﾔﾏﾀﾞ"),
    ],
)
def test_an_identifier_reads_as_it_was_meant(tmp_path: Path, raw: bytes, declared: str | None, expected: str) -> None:
    assert read_dicom_record(written(tmp_path, raw, declared)).patient_id == expected


@pytest.mark.parametrize("declared", [["", "ISO 2022 IR 87"], "ISO_IR 192"])
def test_a_name_in_three_writings_is_kept(tmp_path: Path, declared: str | list[str]) -> None:
    dataset = pydicom.dcmread(write_study(tmp_path, 1, SpecificCharacterSet=declared))
    mend_character_set(dataset)
    assert str(dataset.PatientName) == JAPANESE_NAME
    assert dataset.SpecificCharacterSet == declared


def test_a_right_or_absent_character_set_stays(tmp_path: Path) -> None:
    dataset = Dataset()
    mend_character_set(dataset)
    assert "SpecificCharacterSet" not in dataset
