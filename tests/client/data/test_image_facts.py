import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from glsmed.client.data.image_facts import image_facts
from glsmed.shared.errors import DataError

WriteDicom = Callable[..., Path]
GREY = np.arange(24 * 20, dtype=np.uint16).reshape(24, 20)


def test_every_element_is_read(write_dicom: WriteDicom) -> None:
    path = write_dicom(
        GREY,
        Modality="cr",
        BodyPartExamined=" chest ",
        ViewPosition="PA",
        Laterality="L",
        PatientOrientation=["L", "F"],
        PresentationIntentType="FOR PRESENTATION",
        Manufacturer="Drawn Devices",
        ManufacturerModelName="One",
        SeriesDescription="Thorax pa",
        StudyDescription="Thorax",
        ImageType=["ORIGINAL", "PRIMARY"],
        BurnedInAnnotation="YES",
        BitsStored=12,
    )
    facts = image_facts(path)
    assert (facts.format, facts.rows, facts.columns, facts.bits, facts.frames) == ("DICOM", 24, 20, 12, 1)
    assert (facts.modality, facts.body_part, facts.view, facts.laterality) == ("CR", "CHEST", "PA", "L")
    assert (facts.manufacturer, facts.manufacturer_model) == ("Drawn Devices", "One")
    assert (facts.description, facts.image_type) == ("Thorax pa; Thorax", "ORIGINAL\\PRIMARY")
    assert (facts.presentation_intent, facts.photometric) == ("FOR PRESENTATION", "MONOCHROME2")
    assert facts.patient_orientation == "L\\F"
    assert facts.burned_in_annotation
    assert not facts.secondary_capture
    assert facts.transfer_syntax == ExplicitVRLittleEndian


def test_what_the_file_does_not_say_is_blank(write_dicom: WriteDicom) -> None:
    facts = image_facts(write_dicom(GREY, Modality=None))
    assert (facts.modality, facts.body_part, facts.view, facts.manufacturer, facts.description) == ("",) * 5
    assert (facts.burned_in_annotation, facts.secondary_capture) == (False, False)


def test_the_view_may_stand_in_a_code(write_dicom: WriteDicom) -> None:
    code = Dataset()
    code.CodeValue, code.CodeMeaning = "399173006", "left lateral"
    assert image_facts(write_dicom(GREY, ViewCodeSequence=[code])).view == "LEFT LATERAL"


def test_the_intent_may_stand_in_the_class(write_dicom: WriteDicom) -> None:
    path = write_dicom(GREY, SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1.1", PresentationIntentType=None)
    assert image_facts(path).presentation_intent == "FOR PROCESSING"


@pytest.mark.parametrize(
    "elements",
    [
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"},
        {"ConversionType": "WSD"},
    ],
)
def test_a_picture_of_a_screen_is_a_secondary_capture(write_dicom: WriteDicom, elements: dict[str, str]) -> None:
    assert image_facts(write_dicom(GREY, **elements)).secondary_capture


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_a_data_set_without_a_header_is_read(write_dicom: WriteDicom, tmp_path: Path, syntax: str) -> None:
    dataset = pydicom.dcmread(write_dicom(GREY))
    bare = tmp_path / "IM0001"
    pydicom.dcmwrite(
        bare,
        Dataset(dataset),
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=True,
        enforce_file_format=False,
    )
    facts = image_facts(bare)
    assert (facts.format, facts.modality, facts.rows, facts.transfer_syntax) == ("DICOM", "DX", 24, syntax)


def test_pixels_are_not_needed(write_dicom: WriteDicom, tmp_path: Path) -> None:
    whole = write_dicom(GREY).read_bytes()
    (tmp_path / "short.dcm").write_bytes(whole[: len(whole) - GREY.nbytes])
    assert image_facts(tmp_path / "short.dcm").modality == "DX"


@pytest.mark.parametrize(("mode", "bits"), [("L", 8), ("RGB", 8), ("I;16", 16), ("1", 1)])
def test_a_png_says_its_size_and_depth(tmp_path: Path, mode: str, bits: int) -> None:
    Image.new(mode, (30, 20)).save(tmp_path / "a.png")
    facts = image_facts(tmp_path / "a.png")
    assert (facts.format, facts.rows, facts.columns, facts.bits, facts.modality) == ("PNG", 20, 30, bits, "")


@pytest.mark.parametrize(("name", "content"), [("a.png", b"text"), ("a.dcm", b"text"), ("b.dcm", b"")])
def test_another_file_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}: is "):
        image_facts(tmp_path / name)


def test_headers_are_read_without_the_heavy_libraries() -> None:
    program = "import sys; import glsmed.client.data.image_facts; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
