"""The character set of a DICOM header, by evidence where the header names none or a wrong one.

DICOM PS3.3 C.12.1.1.2 lists the names. Without one, text is ASCII. Scanners and gateways leave the name away all the
same, or keep the name of another step; identifiers then become unreadable, and join with nothing.
"""

import warnings
from collections.abc import Iterator

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

_TEXT_TYPES = ("LO", "LT", "PN", "SH", "ST", "UC", "UT")
_ESCAPE = b"\x1b"
_ESCAPED = {
    b"\x1b$B": "ISO 2022 IR 87",
    b"\x1b$@": "ISO 2022 IR 87",
    b"\x1b$(D": "ISO 2022 IR 159",
    b"\x1b$)C": "ISO 2022 IR 149",
}
_UTF_8 = "ISO_IR 192"
_PYTHON_ONE_BYTE = ("iso8859", "iso8859_", "iso_ir_", "latin")  # as pydicom calls them


def mend_character_set(dataset: Dataset) -> None:
    """Give the data set the character set that its bytes show; one that is right stays as it is.

    Escape sequences show ISO 2022. Bytes that are valid UTF-8 and not ASCII are UTF-8, even where a set of one byte a
    character is named: as such they would be no words. Nothing may have been read from the data set before.
    """
    values = [value for value in _raw_texts(dataset) if not value.isascii() or _ESCAPE in value]
    if not values:
        return
    shown = _shown(values, _declared(dataset))
    if shown is not None:
        dataset.SpecificCharacterSet = shown
        implicit, little = dataset.original_encoding
        dataset.set_original_encoding(implicit, little, character_encoding=_encodings(shown))


def _raw_texts(dataset: Dataset) -> Iterator[bytes]:
    for tag in dataset.keys():  # noqa: SIM118 - iterating a data set decodes its elements
        element = dataset.get_item(tag)
        if isinstance(element, RawDataElement) and isinstance(element.value, bytes) and _is_text(element):
            yield element.value


def _is_text(element: RawDataElement) -> bool:
    try:
        return (element.VR or dictionary_VR(element.tag)) in _TEXT_TYPES
    except KeyError:  # a private element without a type
        return False


def _declared(dataset: Dataset) -> list[str]:
    value = dataset.get("SpecificCharacterSet") or ""
    return [value] if isinstance(value, str) else [str(part) for part in value]


def _shown(values: list[bytes], declared: list[str]) -> str | list[str] | None:
    """The character set that the bytes show; None where the declared one need not be changed."""
    escapes = [name for escape, name in _ESCAPED.items() if any(escape in value for value in values)]
    if escapes:
        missing = [name for name in dict.fromkeys(escapes) if name not in declared]
        return [*declared, *missing] if missing else None
    if _is_one_byte(declared) and all(_is_utf_8(value) for value in values):
        return _UTF_8
    return None


def _is_one_byte(declared: list[str]) -> bool:
    return len(declared) == 1 and _encodings(declared[0])[0].startswith(_PYTHON_ONE_BYTE)


def _is_utf_8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _encodings(names: str | list[str]) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown name is read as ASCII, which is what pydicom warns of
        return convert_encodings(names)
