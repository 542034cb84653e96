import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from glsmed.client.dicom_out.secondary_capture import write_secondary_capture
from glsmed.client.imports.images.folder import images_in_folder
from glsmed.client.imports.images.selection import Selection, select
from glsmed.shared.errors import DataError
from tests.client.dicom_out.said import MODEL, SAID
from tests.drawn_dicom import JAPANESE_NAME, draw_study, write_study
from tests.orthanc_on_loopback import Orthanc, environment, program

HEAT = np.pad(np.ones((8, 8)), 8)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "capture.dcm"
    write_secondary_capture(path, write_study(tmp_path / "source", 1), SAID[0], HEAT, model=MODEL)
    return path


def test_it_is_a_colour_picture_of_the_radiograph_above_its_legend(capture: Path) -> None:
    dataset = dcmread(capture)
    pixels = dataset.pixel_array
    assert dataset.PhotometricInterpretation == "RGB"
    assert pixels.shape[1] == 1024 < pixels.shape[0]
    assert np.ptp(pixels[512, 512].astype(int)) > 0
    assert np.ptp(pixels[10, 512].astype(int)) == 0


def test_it_says_that_words_are_in_its_pixels_and_what_it_is_for(capture: Path) -> None:
    dataset = dcmread(capture)
    assert dataset.BurnedInAnnotation == "YES"
    assert dataset.ContentQualification == "RESEARCH"
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert dataset.SeriesDescription.startswith("Research use - not for diagnosis")


def test_it_belongs_to_the_patient_and_names_its_source(capture: Path) -> None:
    dataset, image = dcmread(capture), draw_study(1).dataset
    assert str(dataset.PatientName) == JAPANESE_NAME
    for keyword in ("PatientID", "StudyInstanceUID", "AccessionNumber", "StudyDate"):
        assert dataset[keyword].value == image[keyword].value, keyword
    assert dataset.SourceImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID


def test_an_import_leaves_it_out_again(capture: Path) -> None:
    found = select(images_in_folder(capture.parent).records, Selection())
    assert found.records == []
    assert found.skipped[0].reason == "is a secondary capture, not the scanner's own image"


def test_dcmtk_draws_it(capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "drawn.ppm"
    command: list[str | Path] = [program("dcm2pnm", package="dcmtk"), "+op", capture, target]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size > 0


def test_an_archive_takes_it(orthanc: Orthanc, capture: Path) -> None:
    orthanc.store(capture)
    (instance,) = orthanc.call("GET", "/instances").json()
    assert orthanc.call("GET", f"/instances/{instance}/preview").headers["content-type"] == "image/png"


def test_a_picture_without_an_examination_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "picture.png"
    source.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match="expected a DICOM image"):
        write_secondary_capture(tmp_path / "capture.dcm", source, SAID[0], HEAT, model=MODEL)
