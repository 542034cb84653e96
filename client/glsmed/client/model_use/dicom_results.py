"""Predictions as DICOM objects for the reading room: structured reports, and pictures with heat maps."""

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from glsmed.client.data.pictures.dicom_file import is_dicom
from glsmed.client.dicom_out.secondary_capture import write_secondary_capture
from glsmed.client.dicom_out.source_image import ModelIdentity
from glsmed.client.dicom_out.structured_report import write_structured_report
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.model_use.prediction import Prediction
from glsmed.client.model_use.saliency import saliency_map
from glsmed.client.model_use.worklist import ImageResult
from glsmed.shared.errors import DataError

_DIGITS = 16


def identity_of(shipped: ShippedModel) -> ModelIdentity:
    """The model as it is named in a DICOM object; a study whose name an earlier release left out by its digest."""
    return ModelIdentity(
        shipped.study_name or shipped.study[:_DIGITS], shipped.round, shipped.weights_sha256, version("glsmed")
    )


def write_reports(folder: Path, results: Sequence[ImageResult], model: ModelIdentity) -> list[str]:
    """Write one structured report for each DICOM image with predictions; returns why others have none.

    Raises:
        OSError: a file cannot be written.
    """

    def write(name: str, result: ImageResult) -> None:
        write_structured_report(folder / f"{name}.dcm", result.source.path, result.predictions, model=model)

    return _written(results, write)


def write_captures(
    folder: Path, results: Sequence[ImageResult], shipped: ShippedModel, model: ModelIdentity
) -> list[str]:
    """Write a picture with the heat map of each finding with an alert; returns why DICOM images have none.

    An image without any alert has the map of its likeliest finding where no finding has an operating point.

    Raises:
        OSError: a file cannot be written.
    """

    def write(name: str, result: ImageResult) -> None:
        for prediction in _shown(result):
            _write_capture(folder / f"{name}-{prediction.finding}.dcm", result, prediction, shipped, model)

    return _written(results, write)


def _written(results: Sequence[ImageResult], write: Callable[[str, ImageResult], None]) -> list[str]:
    """Have each DICOM image with predictions written under a name of its own; returns why others have none."""
    left_out = []
    for number, result in enumerate(results):
        if reason := _no_dicom(result):
            left_out.append(reason)
            continue
        try:
            write(_stem(number, result), result)
        except DataError as error:
            left_out.append(str(error))
    return left_out


def _write_capture(
    path: Path, result: ImageResult, prediction: Prediction, shipped: ShippedModel, model: ModelIdentity
) -> None:
    place, source = shipped.findings.index(prediction.finding), result.source.path
    average = None if shipped.familiarity is None else shipped.familiarity.average
    heat = saliency_map(shipped.model, shipped.picture(source), average, place=place)
    write_secondary_capture(path, source, prediction, heat, model=model)


def _shown(result: ImageResult) -> Iterator[Prediction]:
    yield from result.alerts
    if all(prediction.alert is None for prediction in result.predictions):
        yield max(result.predictions, key=lambda prediction: prediction.probability)


def _no_dicom(result: ImageResult) -> str:
    """Why nothing can be written about an image; empty where something can."""
    if result.refused:
        return f"{result.source.image}: has no prediction"
    return "" if is_dicom(result.source.path) else f"{result.source.image}: is not DICOM, so it has no examination"


def _stem(number: int, result: ImageResult) -> str:
    """A file name that no other image of the input has."""
    return f"{number + 1:05d}-{result.source.path.stem}"
