import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from highdicom.sr import ComprehensiveSR, MeasurementReport, srread
from pydicom import dcmread

from glsmed.client.dicom_out.finding_codes import NO, YES
from glsmed.client.dicom_out.source_image import RESEARCH_USE
from glsmed.client.dicom_out.structured_report import write_structured_report
from glsmed.shared.errors import DataError
from tests.client.dicom_out.said import MODEL, SAID, Said
from tests.drawn_dicom import JAPANESE_NAME, draw_study, write_study
from tests.orthanc_on_loopback import Orthanc, environment, program


def written(folder: Path, *said: Said, **elements: Any) -> Path:
    """The report on a drawn study whose header has these elements."""
    path = folder / "report.dcm"
    write_structured_report(path, write_study(folder / "source", 1, **elements), said or SAID, model=MODEL)
    return path


def read(path: Path) -> MeasurementReport:
    """The report's content, if highdicom's own reader accepts it."""
    report = srread(path)
    assert isinstance(report, ComprehensiveSR)
    content = report.content
    assert isinstance(content, MeasurementReport)
    return content


def dump(path: Path) -> str:
    """The report as DCMTK reads it; any fault of the document ends it."""
    command: list[str | Path] = [program("dsrdump", package="dcmtk"), "+Pc", "+U8", path]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith(("E:", "F:"))]
    return done.stdout


def test_each_finding_is_a_group_with_its_probability_and_interval(tmp_path: Path) -> None:
    groups = read(written(tmp_path)).get_image_measurement_groups()
    said = {}
    for group in groups:
        values = {each.name.value: (each.value, each.unit.value) for each in group.get_measurements()}
        assert group.finding_type is not None
        said[group.finding_type.meaning] = values
    assert said == {
        "Pleural effusion": {"122157": (0.8125, "1"), "prob-low": (0.7, "1"), "prob-high": (0.9, "1")},
        "Pleural thickening": {"122157": (0.03, "1"), "prob-low": (0.0, "1"), "prob-high": (0.1, "1")},
        "Nodule": {"122157": (0.5, "1")},
    }


def test_the_operating_point_is_an_evaluation_where_there_is_one(tmp_path: Path) -> None:
    groups = read(written(tmp_path)).get_image_measurement_groups()
    said = [[each.value for each in group.get_qualitative_evaluations()] for group in groups]
    assert said == [[YES], [NO], []]


def test_every_group_names_the_model_and_the_image(tmp_path: Path) -> None:
    path, image = written(tmp_path), draw_study(1).dataset
    for group in read(path).get_image_measurement_groups():
        (reference,) = group.source_images
        assert reference.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
    content = dcmread(path).to_json()
    for words in ("round 7", f"weights SHA-256 {MODEL.weights_sha256}", RESEARCH_USE):
        assert content.count(f'["{words}"]') == len(SAID), words


def test_it_belongs_to_the_patient_and_examination_of_the_image(tmp_path: Path) -> None:
    report, image = dcmread(written(tmp_path)), draw_study(1).dataset
    for keyword in ("PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "AccessionNumber", "StudyDate"):
        assert report[keyword].value == image[keyword].value, keyword
    assert report.SeriesInstanceUID != image.SeriesInstanceUID
    assert report.Modality == "SR"


@pytest.mark.parametrize("declared", ["ISO_IR 192", ["", "ISO 2022 IR 87"]])
def test_a_japanese_name_keeps_its_three_writings(tmp_path: Path, declared: str | list[str]) -> None:
    report = dcmread(written(tmp_path, SpecificCharacterSet=declared))
    assert report.SpecificCharacterSet == "ISO_IR 192"
    assert str(report.PatientName) == JAPANESE_NAME


def test_it_is_preliminary_unverified_and_says_what_it_is_for(tmp_path: Path) -> None:
    report = dcmread(written(tmp_path))
    assert report.PreliminaryFlag == "PRELIMINARY"
    assert report.VerificationFlag == "UNVERIFIED"
    assert report.SeriesDescription == "Research use - not for diagnosis: chest-doubt"


def test_the_same_answer_is_the_same_object_and_another_is_another(tmp_path: Path) -> None:
    uids = [
        dcmread(written(tmp_path / name, Said("effusion", probability))).SOPInstanceUID
        for name, probability in (("a", 0.5), ("b", 0.5), ("c", 0.6))
    ]
    assert uids[0] == uids[1] != uids[2]


def test_missing_patient_elements_become_blank(tmp_path: Path) -> None:
    without = {"PatientName": None, "PatientSex": None, "StudyTime": None, "AccessionNumber": None, "StudyID": None}
    report = dcmread(written(tmp_path, **without))
    assert [str(report[keyword].value or "") for keyword in without] == [""] * len(without)


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    assert stat.S_IMODE(written(tmp_path).stat().st_mode) == 0o600


def test_dcmtk_reads_it_as_a_measurement_report(tmp_path: Path) -> None:
    text = dump(written(tmp_path))
    assert '(126000,DCM,"Imaging Measurement Report")' in text
    assert '"0.8125"' in text
    assert '(60046008,SCT,"Pleural effusion")' in text
    assert "山田" in text


def test_an_archive_keeps_it_beside_its_image(orthanc: Orthanc, tmp_path: Path) -> None:
    path = written(tmp_path)
    orthanc.store(*tmp_path.glob("source/*.dcm"), path)
    assert len(orthanc.call("GET", "/studies").json()) == 1
    assert len(orthanc.call("GET", "/series").json()) == 2
    uid = str(dcmread(path).SOPInstanceUID)
    (found,) = orthanc.call("POST", "/tools/lookup", uid.encode()).json()
    back = tmp_path / "back.dcm"
    back.write_bytes(orthanc.call("GET", f"/instances/{found['ID']}/file").content)
    assert dump(back) == dump(path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 400])
def test_only_dicom_can_be_reported_on(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "picture.png"
    source.write_bytes(content)
    with pytest.raises(DataError, match=r"picture.png: .*expected a DICOM image"):
        write_structured_report(tmp_path / "report.dcm", source, SAID, model=MODEL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png"]


def test_nothing_to_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected predictions to report, got none"):
        write_structured_report(tmp_path / "report.dcm", write_study(tmp_path, 1), (), model=MODEL)
