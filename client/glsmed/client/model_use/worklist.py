"""The model's answers for a set of images, those that need a person first."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from glsmed.client.data.image_suspicions import RADIOGRAPHS
from glsmed.client.evaluation.familiarity import Familiarity
from glsmed.client.model_use.checked_picture import CheckedPicture, check_picture, read_ahead
from glsmed.client.model_use.input_images import InputImage
from glsmed.client.model_use.prediction import Prediction
from glsmed.client.model_use.predictor import BATCH_SIZE, Predictor, Scores


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One image and what the model says of it.

    Attributes:
        predictions: one a finding; empty where the image is refused.
        refused: why it is.
        notes: what a person should know when reading the predictions.
    """

    source: InputImage
    predictions: tuple[Prediction, ...] = ()
    refused: str = ""
    notes: tuple[str, ...] = ()

    @property
    def study_id(self) -> str:
        """The examination."""
        return self.source.study_id

    @property
    def alerts(self) -> tuple[Prediction, ...]:
        """The predictions that reach their operating point."""
        return tuple(prediction for prediction in self.predictions if prediction.alert)

    @property
    def need(self) -> tuple[bool, float]:
        """Sorts by need: an alert before none, then by the largest probability, of alerts where there are any."""
        of_interest = self.alerts or self.predictions
        return bool(self.alerts), max((prediction.probability for prediction in of_interest), default=0.0)


def predict_images(
    images: Sequence[InputImage], predictor: Predictor, *, modalities: Collection[str] = RADIOGRAPHS
) -> Iterator[ImageResult]:
    """The result of each image, in order; an image that cannot be used does not stop the others.

    Args:
        images: what a person asks about.
        predictor: the model.
        modalities: the DICOM modalities that the site's study is about; images of others are refused.
    """
    read = partial(check_picture, make=predictor.shipped.picture, modalities=modalities)
    pictures = read_ahead(images, read)
    first: dict[str, InputImage] = {}
    while batch := list(islice(pictures, BATCH_SIZE)):
        for result, picture in zip(_results(batch, predictor), batch, strict=True):
            yield _with_twin(result, picture, first)


def by_need(results: Iterable[ImageResult]) -> list[ImageResult]:
    """The results that have predictions, by need; images of one examination stay together, at its most needing one."""
    usable = [result for result in results if result.predictions]
    most: dict[str, tuple[bool, float]] = {}
    for result in usable:
        most[result.study_id] = max(result.need, most.get(result.study_id, result.need))
    return sorted(usable, key=lambda result: (most[result.study_id], result.study_id, result.need), reverse=True)


def _results(batch: Sequence[CheckedPicture], predictor: Predictor) -> list[ImageResult]:
    usable = [picture.pixels for picture in batch if picture.pixels is not None]
    scored: Iterator[Scores] = iter(())
    if usable:
        scored = _each(predictor.scores(torch.from_numpy(np.stack(usable)).unsqueeze(1)))
    return [
        ImageResult(picture.source, refused=picture.refused, notes=picture.notes)
        if picture.pixels is None
        else _result(picture, next(scored), predictor)
        for picture in batch
    ]


def _each(scores: Scores) -> Iterator[Scores]:
    return (scores.rows(slice(row, row + 1)) for row in range(len(scores.logits)))


def _result(picture: CheckedPicture, scores: Scores, predictor: Predictor) -> ImageResult:
    """The result of the one image that the scores are of."""
    strange = _strangeness(scores.distances, predictor.shipped.familiarity)
    findings = enumerate(predictor.shipped.findings)
    predictions = tuple(_prediction(picture.source, finding, place, scores) for place, finding in findings)
    return ImageResult(picture.source, predictions, notes=(*picture.notes, *strange))


def _prediction(source: InputImage, finding: str, place: int, scores: Scores) -> Prediction:
    alert = _known(scores.alerts[0, place])
    return Prediction(
        study_id=source.study_id,
        image=source.image,
        finding=finding,
        probability=float(scores.probabilities[0, place]),
        low=_known(scores.low[0, place]),
        high=_known(scores.high[0, place]),
        alert=None if alert is None else bool(alert),
    )


def _known(value: Tensor) -> float | None:
    return None if bool(torch.isnan(value)) else float(value)


def _strangeness(distances: Tensor | None, familiarity: Familiarity | None) -> Iterator[str]:
    """A note where an image is unlike the site's own."""
    if familiarity is None or distances is None or float(distances) <= familiarity.limit:
        return
    farther = float(familiarity.farther_than(distances))
    yield (
        f"unlike this site's images: farther from its training images than {farther:.0%} of its validation images "
        f"(distance {float(distances):.2f}, limit {familiarity.limit:.2f})"
    )


def _with_twin(result: ImageResult, picture: CheckedPicture, first: dict[str, InputImage]) -> ImageResult:
    """The result with a note where an earlier image has the same pixels."""
    if not picture.digest:
        return result
    earlier = first.setdefault(picture.digest, picture.source)
    if earlier is picture.source:
        return result
    which = "this" if earlier.study_id == picture.source.study_id else "another"
    note = f"the same picture as {earlier.image} of {which} examination ({earlier.study_id})"
    return replace(result, notes=(*result.notes, note))
