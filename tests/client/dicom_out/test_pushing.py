"""The ways that docs/pacs.md gives for bringing a written object to the archive."""

import subprocess
from pathlib import Path

import pytest
from dicomweb_client.session_utils import create_session_from_user_pass
from dicomweb_client.web import DICOMwebClient
from pydicom import dcmread

from glsmed.client.dicom_out.structured_report import write_structured_report
from tests.client.dicom_out.said import MODEL, SAID
from tests.drawn_dicom import write_study
from tests.orthanc_on_loopback import KNOWN_TITLE, PASSWORD, TITLE, USER, Orthanc, environment, program


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.dcm"
    write_structured_report(path, write_study(tmp_path, 1), SAID, model=MODEL)
    return path


def held(orthanc: Orthanc) -> list[str]:
    """The SOP Instance UIDs in the archive."""
    found = orthanc.call("GET", "/instances?expand").json()
    return [instance["MainDicomTags"]["SOPInstanceUID"] for instance in found]


def test_storescu_brings_it(orthanc: Orthanc, report: Path) -> None:
    storescu = program("storescu", package="dcmtk")
    command: list[str | Path] = [
        storescu,
        "-aet",
        KNOWN_TITLE,
        "-aec",
        TITLE,
        "127.0.0.1",
        str(orthanc.dicom_port),
        report,
    ]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert held(orthanc) == [dcmread(report).SOPInstanceUID]


def test_stow_brings_it(orthanc: Orthanc, report: Path) -> None:
    session = create_session_from_user_pass(USER, PASSWORD)
    DICOMwebClient(f"{orthanc.root}/dicom-web", session=session).store_instances([dcmread(report)])
    assert held(orthanc) == [dcmread(report).SOPInstanceUID]
