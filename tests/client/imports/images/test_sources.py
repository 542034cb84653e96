from datetime import date
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import ComputedRadiographyImageStorage, JPEGLSLossless, RLELossless

from glsmed.client.imports.image_record import FoundImages
from glsmed.client.imports.images.duplicates import pixel_digest
from glsmed.client.imports.images.retrieval.archive import ArchiveError, ArchiveQuery
from glsmed.client.imports.images.sources import Connection, images_from_folder, images_from_pacs
from glsmed.shared.errors import UsageError
from tests.drawn_dicom import write_study
from tests.orthanc_on_loopback import TITLE, Orthanc

STUDIES = 6
WAYS = ("web", "dicom")


@pytest.fixture(params=WAYS)
def address(request: pytest.FixtureRequest, orthanc: Orthanc) -> str:
    return orthanc.web if request.param == "web" else orthanc.dicom


@pytest.fixture
def connection(orthanc: Orthanc) -> Connection:
    return Connection(ca_certificate=orthanc.ca, environment=orthanc.variables)


@pytest.fixture
def sent(orthanc: Orthanc, tmp_path: Path) -> Path:
    """A folder of studies that the archive holds; every other one is CR."""
    for number in range(STUDIES):
        cr = {"Modality": "CR", "SOPClassUID": ComputedRadiographyImageStorage} if number % 2 else {}
        orthanc.store(write_study(tmp_path / "sent", number, **cr))
    return tmp_path / "sent"


def accessions(found: FoundImages) -> list[str]:
    return sorted(record.accession_number for record in found.records)


def test_what_was_sent_comes_back_pixel_by_pixel(
    address: str, connection: Connection, sent: Path, tmp_path: Path
) -> None:
    found = images_from_pacs(address, tmp_path / "fetched", connection=connection)
    assert found.skipped == []
    before = {record.sop_instance_uid: pixel_digest(record.path) for record in images_from_folder(sent).records}
    assert {record.sop_instance_uid: pixel_digest(record.path) for record in found.records} == before
    assert len(before) == STUDIES


def test_names_and_identifiers_come_back_in_their_characters(
    address: str, orthanc: Orthanc, connection: Connection, tmp_path: Path
) -> None:
    path = write_study(tmp_path / "sent", 1, PatientID="患者１２", SpecificCharacterSet="ISO_IR 192")
    orthanc.store(path)
    (record,) = images_from_pacs(address, tmp_path / "fetched", connection=connection).records
    assert record.patient_id == "患者１２"
    assert str(dcmread(record.path).PatientName) == str(dcmread(path).PatientName)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ArchiveQuery(modalities=("CR",)), [1, 3, 5]),
        (ArchiveQuery(modalities=("cr", "DX")), [0, 1, 2, 3, 4, 5]),
        (ArchiveQuery(modalities=("MG",)), []),
        (ArchiveQuery(first_day=date(2026, 1, 3), last_day=date(2026, 1, 4)), [2, 3]),
        (ArchiveQuery(first_day=date(2026, 1, 5)), [4, 5]),
        (ArchiveQuery(last_day=date(2026, 1, 2)), [0, 1]),
        (ArchiveQuery(accession_numbers=("A00002", "A00005")), [2, 5]),
        (ArchiveQuery(patient_ids=("P0003",)), [3]),
        (ArchiveQuery(patient_ids=("P0003",), modalities=("DX",)), []),
    ],
)
@pytest.mark.usefixtures("sent")
def test_only_what_the_query_asks_for_comes(
    address: str, connection: Connection, tmp_path: Path, query: ArchiveQuery, expected: list[int]
) -> None:
    found = images_from_pacs(address, tmp_path / "fetched", query=query, connection=connection)
    assert accessions(found) == [f"A{number:05d}" for number in expected]


@pytest.mark.usefixtures("sent")
def test_a_second_start_fetches_only_what_is_missing(address: str, connection: Connection, tmp_path: Path) -> None:
    folder = tmp_path / "fetched"
    first, *others = (record.path for record in images_from_pacs(address, folder, connection=connection).records)
    first.unlink()
    half = first.with_name(f".{first.name}.x1y2")  # as a kill leaves it
    half.write_bytes(b"half")
    times = [path.stat().st_mtime_ns for path in others]
    again = images_from_pacs(address, folder, connection=connection)
    assert len(again.records) == STUDIES
    assert first.is_file()
    assert not half.exists()
    assert [path.stat().st_mtime_ns for path in others] == times


@pytest.mark.usefixtures("sent")
def test_earlier_files_of_another_query_are_left_alone_and_not_returned(
    address: str, connection: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "fetched"
    images_from_pacs(address, folder, query=ArchiveQuery(patient_ids=("P0001",)), connection=connection)
    second = images_from_pacs(address, folder, query=ArchiveQuery(patient_ids=("P0002",)), connection=connection)
    assert accessions(second) == ["A00002"]
    assert accessions(images_from_folder(folder)) == ["A00001", "A00002"]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_images_come_as_they_are_stored(
    address: str, orthanc: Orthanc, connection: Connection, tmp_path: Path, syntax: str
) -> None:
    path = write_study(tmp_path / "sent", 1)
    dataset = dcmread(path)
    plain = pixel_digest(path)
    dataset.compress(syntax)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.save_as(path)
    orthanc.store(path)
    (record,) = images_from_pacs(address, tmp_path / "fetched", connection=connection).records
    assert dcmread(record.path).file_meta.TransferSyntaxUID == syntax
    assert pixel_digest(record.path) == plain


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "asks for other credentials: check GLSMED_PACS_TOKEN, or GLSMED_PACS_USER"),
        ({"GLSMED_PACS_USER": "reader", "GLSMED_PACS_PASSWORD": "wr0ng"}, "asks for other credentials"),
        ({"GLSMED_PACS_TOKEN": "t0ken"}, "asks for other credentials"),
    ],
)
def test_wrong_credentials_are_said_and_not_shown(
    orthanc: Orthanc, tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    connection = Connection(ca_certificate=orthanc.ca, environment=variables)
    with pytest.raises(ArchiveError) as caught:
        images_from_pacs(orthanc.web, tmp_path, connection=connection)
    assert words in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("wr0ng", "t0ken"))


def test_an_unknown_certificate_is_said(orthanc: Orthanc, tmp_path: Path) -> None:
    connection = Connection(environment=orthanc.variables)
    with pytest.raises(
        ArchiveError, match=r"its certificate is not accepted \(.*\): give its authority with --pacs-ca"
    ):
        images_from_pacs(orthanc.web, tmp_path, connection=connection)


def test_a_wrong_path_of_the_service_is_said(orthanc: Orthanc, connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="has no DICOMweb service there: check the path"):
        images_from_pacs(orthanc.web.replace("dicom-web", "pacs"), tmp_path, connection=connection)


def test_nobody_at_the_address_is_said(tmp_path: Path) -> None:
    for address in ("dicom://PACS@127.0.0.1:1", "http://127.0.0.1:1/dicom-web"):
        with pytest.raises(ArchiveError, match=r"cannot be reached: .*refused"):
            images_from_pacs(address, tmp_path, connection=Connection(environment={}))


def test_a_title_that_is_not_the_archives_is_said(orthanc: Orthanc, tmp_path: Path) -> None:
    address = orthanc.dicom.replace(TITLE, "OTHER")
    with pytest.raises(ArchiveError, match="is not called OTHER: ask its administrator for its AE title"):
        images_from_pacs(address, tmp_path)


@pytest.mark.usefixtures("sent")
def test_our_own_title_where_it_is_not_known_is_said(orthanc: Orthanc, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="it may not know our AE title STRANGER, or not allow it to search"):
        images_from_pacs(orthanc.dicom, tmp_path, connection=Connection(own_title="STRANGER"))


@pytest.mark.parametrize("user_only", ["GLSMED_PACS_USER", "GLSMED_PACS_PASSWORD"])
def test_half_a_password_is_refused_before_anything_is_sent(tmp_path: Path, user_only: str) -> None:
    with pytest.raises(UsageError, match="together in the environment, got one of them"):
        images_from_pacs("https://nowhere.invalid/x", tmp_path, connection=Connection(environment={user_only: "x"}))
