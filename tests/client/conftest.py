"""Files of a small hospital: a drawn site, configurations that name it, and DICOM made by hand."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.reading_room.sites import write_site
from glsmed.client.egress.trajectory import Trajectory
from glsmed.client.settings.config import SiteConfig, load_site
from tests.orthanc_on_loopback import Orthanc, running_orthanc

PATIENTS = 40
STUDY = """\
study: chest-doubt
findings: [effusion, cardiomegaly, nodule, consolidation, pneumothorax]
model: {architecture: resnet10, image_size_px: 32}
training: {rounds: 2, steps_per_round: 2, batch_size: 4}
"""
CONFIG = """\
site: st-mary
centre: {address: "127.0.0.1:8443"}
data:
  manifest: MANIFEST
  gold: GOLD
  adapter: en_radiology
  split: {train: 0.5, validation: 0.25, test: 0.25}
device: cpu
cpu_threads: 1
"""

DicomWriter = Callable[..., Path]
SiteWriter = Callable[..., Path]


@pytest.fixture
def write_dicom(tmp_path: Path) -> DicomWriter:
    """A function that writes 16-bit grey pixels as DICOM; further elements by keyword, None takes one away."""

    def write(pixels: NDArray[np.uint16], *, name: str = "image.dcm", **elements: object) -> Path:
        path = tmp_path / name
        _dicom(pixels, elements).save_as(path, enforce_file_format=True)
        return path

    return write


def _dicom(pixels: NDArray[np.uint16], elements: dict[str, object]) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["glsmed"])
    dataset = FileDataset(io.BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
    standard = {
        "Modality": "DX",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[-2],
        "Columns": pixels.shape[-1],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PixelData": pixels.astype("<u2").tobytes(),
    }
    for name, value in {**standard, **elements}.items():
        if value is not None:
            setattr(dataset, name, value)
    return dataset


@pytest.fixture(scope="session")
def _running_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as orthanc:
        yield orthanc


@pytest.fixture
def orthanc(_running_orthanc: Orthanc) -> Iterator[Orthanc]:
    """A real archive without any study; skips the test where Orthanc is not on this machine."""
    _running_orthanc.empty()
    yield _running_orthanc
    _running_orthanc.empty()


@pytest.fixture(scope="session")
def drawn_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the images, reports, manifest.csv and gold.csv of 40 drawn patients; not to be written to."""
    folder = tmp_path_factory.mktemp("drawn") / "st-mary"
    write_site(folder, HOSPITALS[0], patients=PATIENTS, seed=3)
    return folder


@pytest.fixture
def write_config(tmp_path: Path, drawn_data: Path) -> SiteWriter:
    """A function that writes study.yaml and config.yaml of a site; ``replace`` changes config.yaml, text by text."""

    def write(
        *,
        manifest: Path | None = None,
        gold: Path | None = None,
        study: str = STUDY,
        replace: dict[str, str] | None = None,
    ) -> Path:
        text = CONFIG.replace("MANIFEST", str(manifest or drawn_data / "manifest.csv"))
        text = text.replace("GOLD", str(gold or (drawn_data / "gold.csv" if manifest is None else "null")))
        for old, new in (replace or {}).items():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "study.yaml").write_text(study)
        (tmp_path / "config.yaml").write_text(text)
        return tmp_path / "config.yaml"

    return write


@pytest.fixture
def drawn_config(write_config: SiteWriter) -> SiteConfig:
    """The drawn site, ready to be prepared."""
    return load_site(write_config())


@pytest.fixture
def answers_about_any_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites take any model of the right shapes, for tests of what they then do with it."""
    for name in ("admit", "admit_peer", "require_training", "trained"):
        monkeypatch.setattr(Trajectory, name, lambda *_given, **_named: None)
    monkeypatch.setattr(Trajectory, "may_measure", True)


@pytest.fixture
def write_manifest(tmp_path: Path) -> Callable[..., Path]:
    """A function from rows ``study,patient,image,report text`` to a manifest whose images are there."""

    def write(*rows: str) -> Path:
        for row in rows:
            image = tmp_path / row.split(",")[2]
            if image.suffix == ".png" and not image.exists():
                Image.new("L", (20, 20), 90).save(image)
        path = tmp_path / "manifest.csv"
        lines = [",".join((*row.split(",")[:3], "", row.split(",", 3)[3])) for row in rows]
        path.write_text("\n".join(["study_id,patient_id,image,report,report_text", *lines]) + "\n")
        return path

    return write
