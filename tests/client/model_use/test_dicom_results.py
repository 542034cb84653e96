from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import torch
from pydicom.uid import generate_uid

from glsmed.client.data.images import read_image
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.model_use.dicom_results import identity_of, write_captures, write_reports
from glsmed.client.model_use.input_images import find_images
from glsmed.client.model_use.predictor import Predictor
from glsmed.client.model_use.worklist import ImageResult, predict_images


@pytest.fixture
def results(
    shipped: ShippedModel, hospital_data: Path, write_dicom: Callable[..., Path], tmp_path: Path
) -> list[ImageResult]:
    """Twelve DICOM images of drawn patients and a PNG."""
    files = sorted((hospital_data / "images").iterdir())[:12]
    folder = tmp_path / "in"
    folder.mkdir()
    for number, file in enumerate(files):
        pixels = read_image(file, size_px=64).astype(np.uint16)
        uids = {"StudyInstanceUID": generate_uid(), "SOPInstanceUID": generate_uid(), "PatientID": f"p{number}"}
        written = write_dicom(pixels, name=f"{number:02d}.dcm", SeriesInstanceUID=generate_uid(), **uids)
        dataset = pydicom.dcmread(written)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(folder / written.name)
    (folder / "picture.png").write_bytes(files[0].read_bytes())
    with Predictor(shipped, device=torch.device("cpu"), sensitivity=0.9) as predictor:
        return list(predict_images(find_images(folder), predictor))


def test_each_dicom_image_has_a_report_of_its_own_examination(
    results: list[ImageResult], shipped: ShippedModel, tmp_path: Path
) -> None:
    left_out = write_reports(tmp_path / "sr", results, identity_of(shipped))
    reports = [pydicom.dcmread(path) for path in sorted((tmp_path / "sr").iterdir())]
    dicom = [result for result in results if result.source.path.suffix == ".dcm"]
    assert [report.StudyInstanceUID for report in reports] == [result.study_id for result in dicom]
    assert {report.Modality for report in reports} == {"SR"}
    assert left_out == ["picture.png: is not DICOM, so it has no examination"]


def test_each_alert_has_a_picture(results: list[ImageResult], shipped: ShippedModel, tmp_path: Path) -> None:
    write_captures(tmp_path / "sc", results, shipped, identity_of(shipped))
    alerts = [alert for result in results if result.source.path.suffix == ".dcm" for alert in result.alerts]
    assert alerts
    assert len(list((tmp_path / "sc").iterdir())) == len(alerts)
