import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydicom.uid import (
    BasicTextSRStorage,
    DigitalXRayImageStorageForProcessing,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
)

from glsmed.client.imports.image_record import ImageRecord
from glsmed.client.imports.images.folder import images_in_folder
from glsmed.shared.errors import DataError, UsageError
from tests.drawn_dicom import draw_study, write_study


def only(folder: Path) -> ImageRecord:
    found = images_in_folder(folder)
    assert found.skipped == []
    (record,) = found.records
    return record


def reasons(folder: Path) -> dict[str, str]:
    """The reason for each file that was skipped, by its name; no image may have been found."""
    found = images_in_folder(folder)
    assert found.records == []
    return {skipped.path.name: skipped.reason for skipped in found.skipped}


def test_a_record_holds_what_the_header_says(tmp_path: Path) -> None:
    path = write_study(tmp_path, 7)
    header = draw_study(7).dataset
    record = only(tmp_path)
    assert record.age_years == pytest.approx(65.86, abs=0.01)
    assert replace(record, age_years=None) == ImageRecord(
        path=path,
        study_uid=str(header.StudyInstanceUID),
        accession_number="A00007",
        patient_id="P0007",
        acquired_at=datetime.fromisoformat("2026-01-08T10:20:30"),
        modality="DX",
        body_part="CHEST",
        view="PA",
        presentation_intent="FOR PRESENTATION",
        manufacturer="Drawn",
        burned_in_annotation=False,
        secondary_capture=False,
        sop_instance_uid=str(header.SOPInstanceUID),
        age_years=None,
    )


def test_files_are_found_at_any_depth_under_any_name_in_the_order_of_paths(tmp_path: Path) -> None:
    write_study(tmp_path / "b/c/d", 1, name="IM0001")
    write_study(tmp_path / "a", 2, name="1.2.3.4")
    Image.new("L", (20, 20)).save(tmp_path / "a" / "x.PNG", format="PNG")
    Image.new("L", (20, 20)).save(tmp_path / "y.dat", format="JPEG")
    names = [record.path.name for record in images_in_folder(tmp_path).records]
    assert names == ["1.2.3.4", "x.PNG", "IM0001", "y.dat"]


def test_nothing_is_written(tmp_path: Path) -> None:
    write_study(tmp_path, 1)
    (tmp_path / "notes.txt").write_text("no image")
    before = sorted(tmp_path.rglob("*"))
    images_in_folder(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("implicit", [True, False])
def test_a_file_without_a_preamble_is_read_when_its_tags_are_plausible(tmp_path: Path, implicit: bool) -> None:
    draw_study(3).dataset.save_as(tmp_path / "raw", implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    assert only(tmp_path).accession_number == "A00003"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"dear colleague, thank you for this patient\n" * 9, "is not a DICOM, PNG or JPEG image"),
        (bytes(range(256)) * 40, "is not a DICOM, PNG or JPEG image"),
        (b"MZ\x90\0" + b"\0" * 4000, "is not a DICOM, PNG or JPEG image"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "begins like a PNG or JPEG, but its header is broken"),
    ],
    ids=["empty", "text", "noise", "program", "broken png"],
)
def test_a_file_that_is_no_image_is_named_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "file").write_bytes(content)
    (got,) = reasons(tmp_path).values()
    assert got.startswith(reason) or (reason.startswith("is not") and "DICOM header cannot be read" in got)


def test_what_is_dicom_but_not_one_image_is_named(tmp_path: Path) -> None:
    write_study(tmp_path, 1, name="report", SOPClassUID=BasicTextSRStorage, Rows=None, Columns=None, PixelData=None)
    frames = MultiFrameGrayscaleByteSecondaryCaptureImageStorage
    write_study(tmp_path, 2, name="run", SOPClassUID=frames, NumberOfFrames=12)
    assert reasons(tmp_path) == {
        "report": "is DICOM without an image (Basic Text SR Storage)",
        "run": "has 12 frames, expected 1: split multi-frame DICOM into single images",
    }


def test_a_header_cut_short_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    whole = write_study(tmp_path, 1)
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole.read_bytes()[:300])
    found = images_in_folder(tmp_path)
    assert [record.path for record in found.records] == [whole]
    assert [skipped.path for skipped in found.skipped] == [cut]


def test_what_file_managers_leave_and_links_are_named(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_study(outside, 1)
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "._IM0001").write_bytes(b"x")
    (folder / "elsewhere").symlink_to(outside)
    (folder / "dead").symlink_to(tmp_path / "nowhere")
    assert reasons(folder) == {
        ".DS_Store": "was left by a file manager",
        "._IM0001": "was left by a file manager",
        "elsewhere": "is a link to a folder, which is not followed",
        "dead": "is not a file, or a link to nothing",
    }


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a folder of images or a DICOMDIR"):
        images_in_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("elements", "field", "expected"),
    [
        ({"ViewPosition": "ll"}, "view", "LATERAL"),
        ({"ViewPosition": " AP "}, "view", "AP"),
        ({"ViewPosition": "LLD"}, "view", "LLD"),
        ({"ViewPosition": None}, "view", ""),
        ({"BodyPartExamined": None}, "body_part", ""),
        ({"PresentationIntentType": None}, "presentation_intent", ""),
        (
            {"PresentationIntentType": None, "SOPClassUID": DigitalXRayImageStorageForProcessing},
            "presentation_intent",
            "FOR PROCESSING",
        ),
        ({"BurnedInAnnotation": "YES"}, "burned_in_annotation", True),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary_capture", True),
        ({"PatientAge": "018M"}, "age_years", 1.5),
        ({"PatientAge": "042Y"}, "age_years", 42.0),
        ({"PatientAge": "999Y"}, "age_years", None),
        ({"PatientBirthDate": "20300101"}, "age_years", None),
        ({"PatientBirthDate": ""}, "age_years", None),
        ({"AcquisitionDate": ""}, "acquired_at", datetime.fromisoformat("2026-01-02T10:15")),
        ({"AcquisitionTime": "0915"}, "acquired_at", datetime.fromisoformat("2026-01-02T09:15")),
        ({"AcquisitionTime": "102030.500000"}, "acquired_at", datetime.fromisoformat("2026-01-02T10:20:30")),
        ({"AcquisitionDateTime": "20251231235900+0900"}, "acquired_at", datetime.fromisoformat("2025-12-31T23:59")),
        ({"PatientID": "  00123 "}, "patient_id", "00123"),
        ({"PatientID": None}, "patient_id", ""),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom writes loose values only under protest
def test_loose_and_missing_values(tmp_path: Path, elements: dict[str, Any], field: str, expected: object) -> None:
    write_study(tmp_path, 1, **elements)
    assert getattr(only(tmp_path), field) == expected


def test_names_of_pictures_can_say_what_their_missing_header_does_not(tmp_path: Path) -> None:
    (tmp_path / "P7" / "A12").mkdir(parents=True)
    Image.new("L", (20, 20)).save(tmp_path / "P7/A12/pa.png")
    Image.new("L", (20, 20)).save(tmp_path / "stray.png")
    names = re.compile(r"(?P<patient_id>[^/]+)/(?P<accession_number>[^/]+)/(?P<view>[a-z]+)\.png")
    found = images_in_folder(tmp_path, names=names)
    (record,) = found.records
    assert (record.patient_id, record.accession_number, record.view) == ("P7", "A12", "PA")
    assert [skipped.path.name for skipped in found.skipped] == ["stray.png"]


@pytest.mark.parametrize("pattern", ["(?P<name>.*)", ".*"])
def test_a_pattern_with_other_groups_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(UsageError, match="expected named groups of patient_id, accession_number, study_uid, view"):
        images_in_folder(tmp_path, names=re.compile(pattern))
