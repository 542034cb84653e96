import unicodedata
from pathlib import Path

import pytest

from glsmed.site_adapters.inputs.tables.file_names import FileFinder


@pytest.fixture
def finder(tmp_path: Path) -> FileFinder:
    folder = tmp_path / "Images"
    folder.mkdir()
    for name in ("A.png", unicodedata.normalize("NFD", "Thoráx.png"), "x.png", "X.PNG"):
        (folder / name).write_bytes(b"")
    return FileFinder(tmp_path)


def test_a_name_as_it_stands_is_found_and_not_counted(finder: FileFinder, tmp_path: Path) -> None:
    assert finder.find("Images/A.png") == tmp_path / "Images" / "A.png"
    assert finder.respelled == {}


@pytest.mark.parametrize(
    ("name", "file", "difference"),
    [
        ("Images\\A.png", "A.png", "backslashes"),
        (".\\Images\\A.png", "A.png", "backslashes"),
        ("images/a.PNG", "A.png", "case"),
        ("IMAGES\\A.png", "A.png", "case"),
        ("Images/" + unicodedata.normalize("NFC", "Thoráx.png"), "Thoráx.png", "the composition of accents"),
    ],
)
def test_a_name_in_another_spelling_is_found_and_counted(
    finder: FileFinder, name: str, file: str, difference: str
) -> None:
    found = finder.find(name)
    assert unicodedata.normalize("NFC", found.name) == unicodedata.normalize("NFC", file)
    assert finder.respelled == {difference: 1}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Images/none.png", "no such file: Images/none.png"),
        ("Images", "no such file: Images"),
        ("images/X.png", "no such file, but 2 whose names differ in spelling alone: X.PNG, x.png"),
        ("D:\\export\\A.png", "a path of a Windows machine: give it relative to this table"),
        ("a\0b", "no file can have this name"),
        ("x" * 300, "File name too long"),
    ],
)
def test_why_a_file_is_not_found_is_said(finder: FileFinder, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"no|too long") as caught:
        finder.find(name)
    assert said in str(caught.value)


def test_an_absolute_path_is_found_in_another_spelling(finder: FileFinder, tmp_path: Path) -> None:
    assert finder.find(f"{tmp_path}/images/a.png") == tmp_path / "Images" / "A.png"
