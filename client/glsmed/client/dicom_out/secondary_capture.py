"""A picture for the reading room: the radiograph with its heat map and a legend, as a DICOM secondary capture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from highdicom import CoordinateSystemNames, PhotometricInterpretationValues
from highdicom.sc import SCImage
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from glsmed.client.data.images import read_image
from glsmed.client.dicom_out.finding_codes import SOURCE_IMAGE
from glsmed.client.dicom_out.heat_picture import heat_picture
from glsmed.client.dicom_out.source_image import (
    MANUFACTURER,
    RESEARCH_USE,
    FindingPrediction,
    ModelIdentity,
    derived_uid,
    read_source,
)
from glsmed.client.dicom_out.writing import describe_series, write_dicom

SERIES_NUMBER = 9002
_SIDE_PX = 1024
_HASH_SHOWN = 12


def write_secondary_capture(
    path: Path,
    source: Path,
    prediction: FindingPrediction,
    heat: NDArray[np.floating],
    *,
    model: ModelIdentity,
) -> None:
    """Write the picture of one finding, on the patient and examination of ``source``.

    Args:
        path: the file to write.
        source: the DICOM image that the prediction is about.
        prediction: the finding that the map explains.
        heat: ``(H, W)`` from 0 to 1 over the square that the network saw (``read_image``).
        model: which model it was.

    Raises:
        DataError: ``source`` cannot be read, or is not DICOM.
        ValueError: the map leaves 0 to 1.
        OSError: ``path`` cannot be written.
    """
    image = read_source(source)
    pixels = heat_picture(read_image(source, size_px=_SIDE_PX), heat, _legend(prediction, model))
    uids = (image.SOPInstanceUID, prediction.finding, model.weights_sha256)
    capture = SCImage.from_ref_dataset(
        ref_dataset=image,
        pixel_array=pixels,
        photometric_interpretation=PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=CoordinateSystemNames.PATIENT,
        series_instance_uid=derived_uid("picture series", image.StudyInstanceUID, model.weights_sha256),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid("picture", *uids, pixels.tobytes()),
        instance_number=1,
        manufacturer=MANUFACTURER,
        patient_orientation=("L", "F"),  # asked for by highdicom; the source's own follows
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    _say_what_it_is(capture, image, prediction)
    describe_series(capture, model)
    write_dicom(path, capture)


def _say_what_it_is(capture: Dataset, image: Dataset, prediction: FindingPrediction) -> None:
    capture.PatientOrientation = image.get("PatientOrientation") or ""
    capture.BurnedInAnnotation = "YES"
    capture.ImageType = ["DERIVED", "SECONDARY"]
    capture.ContentQualification = "RESEARCH"
    capture.DerivationDescription = f"Heat map of {prediction.finding} over the source image; {RESEARCH_USE}"
    reference = Dataset()
    reference.ReferencedSOPClassUID = image.SOPClassUID
    reference.ReferencedSOPInstanceUID = image.SOPInstanceUID
    reference.PurposeOfReferenceCodeSequence = [SOURCE_IMAGE]
    capture.SourceImageSequence = [reference]


def _legend(prediction: FindingPrediction, model: ModelIdentity) -> Sequence[str]:
    interval = "" if prediction.low is None else f" ({prediction.low:.2f} to {prediction.high:.2f})"
    finding = prediction.finding.replace("_", " ")
    return (
        f"{RESEARCH_USE.upper()}",
        f"{finding}: probability {prediction.probability:.2f}{interval}",
        "colour: where the model's answer comes from, 0 to 1; it is no outline of the finding",
        f"glsmed, study {model.study}, round {model.round_number}, weights {model.weights_sha256[:_HASH_SHOWN]}",
    )
