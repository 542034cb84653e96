"""What a file says about itself in its headers, without decoding any pixels."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from PIL import Image, UnidentifiedImageError
from pydicom.dataset import Dataset

from glsmed.client.data.pictures.dicom_file import is_dicom, open_dicom, text, whole
from glsmed.shared.errors import DataError

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_PROCESSING_CLASSES = (  # of digital X-ray, mammography and intra-oral images
    "1.2.840.10008.5.1.4.1.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.1.3.1",
)
_LOOKED_AT = 200  # bytes, which show whether a file is DICOM
_BITS_OF_MODE = {"1": 1, "I": 32, "F": 32, "I;16": 16, "I;16B": 16, "I;16L": 16}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    r"""A file's own words about its image; text is blank, and numbers are 0, where the file says nothing.

    Attributes:
        modality: Modality, such as DX, CR or CT; blank for PNG and JPEG, as are all elements of DICOM below.
        view: ViewPosition, else the words of ViewCodeSequence: PA, AP, LL, LATERAL.
        patient_orientation: where rows and columns run to: L\F for a frontal view, A\F for a lateral one.
        presentation_intent: FOR PRESENTATION or FOR PROCESSING; of the SOP class where the element is missing.
        photometric: PhotometricInterpretation; of PNG and JPEG Pillow's mode, such as L or RGB.
        description: series, study and protocol in words, as the scanner or a person wrote them.
        bits: stored bits of each sample.
        secondary_capture: the pixels are of a screen or a scanned film, not of a detector.
        burned_in_annotation: BurnedInAnnotation is YES: there may be text in the pixels.
        transfer_syntax: UID of the transfer syntax.
    """

    format: Literal["DICOM", "PNG", "JPEG"]
    rows: int = 0
    columns: int = 0
    bits: int = 0
    frames: int = 1
    photometric: str = ""
    modality: str = ""
    body_part: str = ""
    view: str = ""
    laterality: str = ""
    patient_orientation: str = ""
    presentation_intent: str = ""
    manufacturer: str = ""
    manufacturer_model: str = ""
    description: str = ""
    image_type: str = ""
    secondary_capture: bool = False
    burned_in_annotation: bool = False
    transfer_syntax: str = ""


def image_facts(path: Path) -> ImageFacts:
    """The facts of a DICOM, PNG or JPEG file from its headers alone.

    Raises:
        DataError: naming the file: it cannot be read or is none of the three.
    """
    try:
        with path.open("rb") as source:
            if not is_dicom(path, source.read(_LOOKED_AT)):
                return _of_picture(source)
        return _of_dicom(open_dicom(path, headers_only=True))
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or 'its headers are damaged'}") from None
    except Exception as error:  # readers raise all kinds of errors on damaged headers
        raise DataError(f"{path}: its headers are damaged ({type(error).__name__})") from None


def _of_picture(source: IO[bytes]) -> ImageFacts:
    source.seek(0)
    try:
        with Image.open(source, formats=("PNG", "JPEG")) as image:
            bits = _BITS_OF_MODE.get(image.mode, 8)
            kind: Literal["PNG", "JPEG"] = "PNG" if image.format == "PNG" else "JPEG"
            return ImageFacts(kind, image.height, image.width, bits, photometric=image.mode)
    except UnidentifiedImageError:
        raise DataError("is not a PNG, JPEG or DICOM image") from None


def _of_dicom(dataset: Dataset) -> ImageFacts:
    words = (text(dataset, name) for name in ("SeriesDescription", "ProtocolName", "StudyDescription"))
    return ImageFacts(
        "DICOM",
        rows=whole(dataset, "Rows"),
        columns=whole(dataset, "Columns"),
        bits=whole(dataset, "BitsStored"),
        frames=whole(dataset, "NumberOfFrames") or 1,
        photometric=text(dataset, "PhotometricInterpretation"),
        modality=text(dataset, "Modality").upper(),
        body_part=text(dataset, "BodyPartExamined").upper(),
        view=_view(dataset),
        laterality=text(dataset, "ImageLaterality") or text(dataset, "Laterality"),
        patient_orientation="\\".join(_values(dataset, "PatientOrientation")),
        presentation_intent=_intent(dataset),
        manufacturer=text(dataset, "Manufacturer"),
        manufacturer_model=text(dataset, "ManufacturerModelName"),
        description="; ".join(dict.fromkeys(filter(None, words))),
        image_type="\\".join(_values(dataset, "ImageType")),
        secondary_capture=_is_captured(dataset),
        burned_in_annotation=text(dataset, "BurnedInAnnotation").upper() == "YES",
        transfer_syntax=text(dataset.file_meta, "TransferSyntaxUID"),
    )


def _values(dataset: Dataset, keyword: str) -> list[str]:
    value = dataset.get(keyword)
    return [value] if isinstance(value, str) else [str(part) for part in value or ()]


def _view(dataset: Dataset) -> str:
    if position := text(dataset, "ViewPosition").upper():
        return position
    codes = dataset.get("ViewCodeSequence") or ()
    return " ".join(filter(None, (text(code, "CodeMeaning").upper() for code in codes)))


def _intent(dataset: Dataset) -> str:
    if intent := text(dataset, "PresentationIntentType").upper():
        return intent
    return "FOR PROCESSING" if text(dataset, "SOPClassUID") in _PROCESSING_CLASSES else ""


def _is_captured(dataset: Dataset) -> bool:
    """Whether the SOP class is one of secondary capture, or the conversion type says that a screen was digitised."""
    uid = text(dataset, "SOPClassUID")
    captured = uid == _SECONDARY_CAPTURE or uid.startswith(f"{_SECONDARY_CAPTURE}.")
    return captured or text(dataset, "ConversionType").upper() in ("WSD", "SD", "SI", "DV", "SYN")
