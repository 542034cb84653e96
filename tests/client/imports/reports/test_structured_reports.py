from datetime import datetime
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import BasicTextSRStorage, ExplicitVRLittleEndian, XRayRadiationDoseSRStorage, generate_uid

from glsmed.client.imports.report_record import ReportRecord
from glsmed.client.imports.reports.structured_reports import reports_in_sr


def concept(code: str, meaning: str) -> list[Dataset]:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
    return [item]


def text(value: str, code: str = "121071", meaning: str = "Finding", relation: str = "CONTAINS") -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType, item.TextValue = relation, "TEXT", value
    item.ConceptNameCodeSequence = concept(code, meaning)
    return item


def container(code: str, meaning: str, *content: Dataset) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "CONTAINER"
    item.ConceptNameCodeSequence = concept(code, meaning)
    item.ContentSequence = list(content)
    return item


def write(folder: Path, *content: Dataset, **elements: object) -> Path:
    dataset = Dataset()
    standard: dict[str, object] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": BasicTextSRStorage,
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": "1.2.840.99.7",
        "AccessionNumber": "A7",
        "PatientID": "P7",
        "StudyDate": "20260108",
        "StudyTime": "101500.5",
        "ContentDate": "20260109",
        "ContentTime": "080000",
        "Modality": "SR",
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "VERIFIED",
    }
    for keyword, value in (standard | elements).items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset.ContentSequence = list(content)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path = folder / "report.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def only(path: Path) -> ReportRecord:
    (record,) = reports_in_sr(path).records
    return record


def test_a_report_with_everything_that_it_says(tmp_path: Path) -> None:
    path = write(tmp_path, container("121070", "Findings", text("Small effusion."), text("Heart normal.")))
    assert only(path) == ReportRecord(
        text="Small effusion.\nHeart normal.",
        accession_number="A7",
        study_uid="1.2.840.99.7",
        patient_id="P7",
        examined_at=datetime(2026, 1, 8, 10, 15),  # noqa: DTZ001  # the hospital's clock
        reported_at=datetime(2026, 1, 9, 8),  # noqa: DTZ001  # likewise
        source=str(path),
        encoding="ISO_IR 192",
    )


def test_sections_get_headings_and_what_was_asked_is_no_text(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        text("Doe, Jane", "121008", "Person Observer Name", relation="HAS OBS CONTEXT"),
        container("121060", "History", text("Smoker", "121060", "History")),
        text("rule out pneumonia", "121109", "Indications for Procedure"),
        container("121070", "Findings", text("Opacity at the base.")),
        container("121072", "Impressions", text("Pneumonia is likely.", "121073", "Impression")),
    )
    assert only(path).text == "Findings:\nOpacity at the base.\nImpression:\nPneumonia is likely."


@pytest.mark.parametrize(
    ("character_set", "written"),
    [
        ("ISO_IR 100", "Neumonía, Größe"),
        (["", "ISO 2022 IR 87"], "左肺に結節影を認める。"),
        ("ISO_IR 192", "胸水なし"),
    ],
)
def test_text_is_read_in_the_character_set_of_the_document(tmp_path: Path, character_set: object, written: str) -> None:
    assert only(write(tmp_path, text(written), SpecificCharacterSet=character_set)).text == written


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({}, "final"),
        ({"PreliminaryFlag": "PRELIMINARY"}, "preliminary"),
        ({"CompletionFlag": "PARTIAL"}, "preliminary"),
        ({"PredecessorDocumentsSequence": [Dataset()]}, "corrected"),
    ],
)
def test_the_state_of_a_document(tmp_path: Path, elements: dict[str, object], status: str) -> None:
    assert only(write(tmp_path, text("Clear."), **elements)).status == status


def test_an_addendum_is_a_record_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, text("Clear."), container("121078", "Addendum", text("A nodule.", "121071", "Finding")))
    records = reports_in_sr(path).records
    assert [(record.status, record.text) for record in records] == [("final", "Clear."), ("addendum", "A nodule.")]


def test_the_accession_number_of_the_request_counts_where_the_header_has_none(tmp_path: Path) -> None:
    request = Dataset()
    request.AccessionNumber = "A9"
    assert only(
        write(tmp_path, text("Clear."), AccessionNumber="", ReferencedRequestSequence=[request])
    ).accession_number == ("A9")


@pytest.mark.parametrize(
    ("content", "elements", "words"),
    [
        (
            (text("Clear."),),
            {"SOPClassUID": XRayRadiationDoseSRStorage},
            "is X-Ray Radiation Dose SR Storage, expected",
        ),
        ((), {}, "holds no text"),
        ((text("Smoker", "121060", "History"),), {}, "holds no text"),
    ],
)
def test_what_is_no_report_is_named(
    tmp_path: Path, content: tuple[Dataset, ...], elements: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        reports_in_sr(write(tmp_path, *content, **elements))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x04")
    with pytest.raises(ValueError, match=r"damaged|expected one of"):
        reports_in_sr(path)
