"""The worklist as one HTML page: pictures, probabilities with intervals, alerts, and what to look at first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.data.images import read_image
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.learning.operating_point import FindingOperation
from glsmed.client.model_use.checked_picture import read_ahead
from glsmed.client.model_use.input_images import InputImage
from glsmed.client.model_use.pages.page import picture_source, write_page
from glsmed.client.model_use.prediction import Prediction
from glsmed.client.model_use.worklist import ImageResult, by_need
from glsmed.shared.errors import DataError

MOST_SHOWN = 500  # images with their pictures, about 10 MB; all are in predictions.csv
_PICTURE_PX = 320


@dataclass(frozen=True, slots=True)
class _Case:
    """One image as the template takes it."""

    result: ImageResult
    predictions: Sequence[Prediction]
    picture: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """How one finding's numbers are to be read."""

    finding: str
    alert: str
    sensitivity: str
    specificity: str
    chosen_on: str
    interval: str


def write_worklist(
    path: Path, results: Sequence[ImageResult], shipped: ShippedModel, *, site: str, sensitivity: float
) -> None:
    """Write the page; images are read again for it, at a size that a person can judge.

    Args:
        path: the file.
        results: of all images, in any order.
        shipped: the model that made them.
        site: the hospital's name.
        sensitivity: of the operating points that alerts were raised by.

    Raises:
        OSError: it cannot be written.
    """
    ordered = by_need(results)
    shown = ordered[:MOST_SHOWN]
    refused = [result for result in results if result.refused]
    counts = len(ordered), sum(bool(result.alerts) for result in ordered), len(refused)
    left_out = f", the first {len(shown)} of {len(ordered)}" if len(shown) < len(ordered) else ""
    content = {
        "site": site,
        "counts": "{} images with a prediction, {} with an alert, {} without a prediction".format(*counts),
        "study": shipped.study[:12],
        "round": shipped.round,
        "weights": shipped.weights_sha256,
        "refused": refused,
        "readings": list(_readings(shipped, sensitivity)),
        "heading": f"Images by need{left_out}",
        "cases": list(_cases(shown)),
    }
    write_page(path, "worklist.html.j2", content)


def _cases(results: Sequence[ImageResult]) -> Iterator[_Case]:
    pictures = read_ahead((result.source for result in results), _picture)
    for result, picture in zip(results, pictures, strict=True):
        predictions = sorted(result.predictions, key=lambda each: (bool(each.alert), each.probability), reverse=True)
        yield _Case(result, predictions, picture)


def _picture(image: InputImage) -> str:
    """For a person, so without what was done for the network; empty where the file is no longer there."""
    try:
        return picture_source(read_image(image.path, size_px=_PICTURE_PX))
    except DataError:
        return ""


def _readings(shipped: ShippedModel, sensitivity: float) -> Iterator[_Reading]:
    for finding in shipped.findings:
        interval = shipped.intervals.get(finding)
        words = "none: too few gold labels" if interval is None else f"from {interval.gold_cells} gold labels"
        if interval is not None and interval.training_cells:
            words += f"; {interval.training_cells} of them were learned from, so it is too narrow"
        yield _Reading(finding, *_operation(shipped, shipped.operation.get(finding), finding, sensitivity), words)


def _operation(
    shipped: ShippedModel, operation: FindingOperation | None, finding: str, sensitivity: float
) -> tuple[str, str, str, str]:
    if operation is None:
        return "no operating point: this model was shipped by an earlier release", "", "", ""
    chosen_on = f"{operation.reference}: {operation.positives} patients with, {operation.negatives} without"
    point = operation.at(sensitivity)
    if point is None:
        return operation.why_not(), "", "", chosen_on
    specificity = "" if point.specificity is None else f"{point.specificity:.0%}"
    return (
        f"from {shipped.probability_at(finding, point.logit):.1%}",
        f"{point.sensitivity:.0%}",
        specificity,
        chosen_on,
    )
