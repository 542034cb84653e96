"""What every DICOM object of ours has in common, and how it becomes a file."""

import warnings
from pathlib import Path

from pydicom.dataset import Dataset

from glsmed.client.dicom_out.source_image import RESEARCH_USE, UTF_8, ModelIdentity
from glsmed.shared.files.atomic import PRIVATE_FILE, atomic_replace

_LONGEST_DESCRIPTION = 64  # characters of a long string (LO)


def describe_series(dataset: Dataset, model: ModelIdentity) -> None:
    """Name the model and the use in the elements that a viewer lists."""
    use = RESEARCH_USE.capitalize()
    dataset.SpecificCharacterSet = UTF_8
    dataset.SeriesDescription = f"{use}: {model.study}"[:_LONGEST_DESCRIPTION]
    dataset.ManufacturerModelName = model.study[:_LONGEST_DESCRIPTION]
    dataset.DeviceSerialNumber = model.weights_sha256
    dataset.SoftwareVersions = f"glsmed {model.release}, round {model.round_number}"[:_LONGEST_DESCRIPTION]


def write_dicom(path: Path, dataset: Dataset) -> None:
    """Write the object whole or not at all; its owner alone can read it.

    Raises:
        OSError: it cannot be written.
    """
    with atomic_replace(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # loose values of the source stay as they are
        dataset.save_as(temporary, enforce_file_format=True)
        temporary.chmod(PRIVATE_FILE)
