from pathlib import Path

import pytest
from pydicom.fileset import FileSet

from glsmed.client.imports.images.dicomdir import listed_images
from glsmed.client.imports.images.folder import images_in_folder
from glsmed.shared.errors import DataError
from tests.drawn_dicom import write_study


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A disc of three studies with its index, as pydicom writes one."""
    files = FileSet()
    for number in range(3):
        files.add(write_study(tmp_path / "made", number))
    files.write(tmp_path / "disc")
    files._stage["t"].cleanup()  # pydicom leaves its folder to the garbage collector, which warns
    return tmp_path / "disc"


def accessions(folder: Path) -> list[str]:
    return sorted(record.accession_number for record in images_in_folder(folder).records)


@pytest.mark.parametrize("name", ["", "DICOMDIR"])
def test_a_disc_is_read_by_its_folder_and_by_its_index(disc: Path, name: str) -> None:
    assert accessions(disc / name) == ["A00000", "A00001", "A00002"]
    assert images_in_folder(disc / name).skipped == []


@pytest.mark.parametrize("name", ["", "DICOMDIR"])
def test_a_file_that_the_index_names_and_the_disc_lacks_is_named(disc: Path, name: str) -> None:
    lost = images_in_folder(disc).records[1].path
    lost.unlink()
    found = images_in_folder(disc / name)
    assert len(found.records) == 2
    (skipped,) = found.skipped
    assert skipped.path == lost
    assert skipped.reason == "is named in DICOMDIR, but is not there"


def test_only_what_the_index_names_is_read_through_the_index(disc: Path) -> None:
    write_study(disc, 9)
    assert "A00009" in accessions(disc)
    assert "A00009" not in accessions(disc / "DICOMDIR")


def test_names_in_small_letters_and_with_versions_are_found(disc: Path) -> None:
    for path in sorted(disc.rglob("*"), key=lambda path: -len(path.parts)):
        path.rename(path.with_name(path.name.lower() + (";1" if path.is_file() else "")))
    found, missing = listed_images(disc / "dicomdir;1")
    assert (len(found), missing) == (3, [])


def test_a_name_that_leads_out_of_the_disc_leads_nowhere(disc: Path, tmp_path: Path) -> None:
    index = disc / "DICOMDIR"
    content = index.read_bytes()
    name = "\\".join(listed_images(index)[0][0].relative_to(disc).parts).encode()
    assert content.count(name) == 1
    secret = write_study(tmp_path, 8, name="S")
    index.write_bytes(content.replace(name, b"..\\S".ljust(len(name))))
    found, missing = listed_images(index)
    assert secret not in [path.resolve() for path in found]
    assert len(missing) == 1


def test_a_broken_index_is_an_error_alone_and_named_inside_a_folder(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(b"no index")
    write_study(tmp_path, 1)
    with pytest.raises(DataError, match="is not a DICOMDIR"):
        images_in_folder(tmp_path / "DICOMDIR")
    found = images_in_folder(tmp_path)
    assert len(found.records) == 1
    assert [skipped.path.name for skipped in found.skipped] == ["DICOMDIR"]
